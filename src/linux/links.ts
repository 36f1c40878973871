/** Links: what is known of one, its change and its removal. */
import { quote } from "../errors.ts";
import { toCString } from "./libc.ts";
import { NLE_NODEV, NLE_OBJ_NOTFOUND } from "./libnl.ts";
import {
  checkStatus,
  readObjects,
  readText,
  type Rtnl,
  withObject,
} from "./rtnl.ts";

/** A link, as the kernel describes it. */
export interface LinkInfo {
  /** Its index in the namespace. */
  readonly index: number;
  /** Its name. */
  readonly name: string;
  /** Its MTU in bytes. */
  readonly mtu: number;
  /** Its hardware address in lower case with colons; empty if it has none. */
  readonly mac: string;
  /** What kind of link it is, such as `veth`; `tun` for a tap too. */
  readonly kind: string;
}

const IFF_UP = 1;

/**
 * Asks for a link.
 *
 * Source: rtnetlink(7), RTM_GETLINK.
 */
export function findLink(
  rtnl: Rtnl,
  link: string | number,
): LinkInfo | undefined {
  const { calls, socket } = rtnl;
  const found = new BigUint64Array(1);
  const [index, name] = typeof link === "number"
    ? [link, null]
    : [0, toCString(link)];
  const status = calls.rtnl_link_get_kernel(socket, index, name, found);
  if (isGone(status)) return undefined;
  checkStatus(rtnl, `failed to find device ${quote(`${link}`)}`, status);
  const [pointer = 0n] = found;
  try {
    return readLink(rtnl, pointer);
  } finally {
    calls.rtnl_link_put(pointer);
  }
}

function readLink(rtnl: Rtnl, pointer: bigint): LinkInfo {
  const { calls } = rtnl;
  return {
    index: calls.rtnl_link_get_ifindex(pointer),
    name: readText(calls, calls.rtnl_link_get_name(pointer)),
    mtu: calls.rtnl_link_get_mtu(pointer),
    mac: macAt(rtnl, calls.rtnl_link_get_addr(pointer)),
    kind: readText(calls, calls.rtnl_link_get_type(pointer)),
  };
}

/** How the kernel calls taps. */
export const TAP_KIND = "tun";

/** A link, and whether something is at its other end. */
export interface LinkState extends LinkInfo {
  /** Whether it has a carrier: a tap, whether a process has it open. */
  readonly hasCarrier: boolean;
}

/**
 * Lists the links of a namespace. Equivalent to: `ip link`
 *
 * Source: rtnetlink(7), RTM_GETLINK; the kernel's documentation of the TUN/TAP
 * driver.
 */
export function listLinks(rtnl: Rtnl): LinkState[] {
  const { calls, socket } = rtnl;
  return readObjects(
    rtnl,
    "failed to list devices",
    (list) => calls.rtnl_link_alloc_cache(socket, 0, list),
    (link) => ({
      ...readLink(rtnl, link),
      hasCarrier: calls.rtnl_link_get_carrier(link) !== 0,
    }),
  );
}

function isGone(status: number): boolean {
  return status === -NLE_NODEV || status === -NLE_OBJ_NOTFOUND;
}

function macAt({ calls }: Rtnl, address: bigint): string {
  if (address === 0n) return "";
  const bytes = new Uint8Array(calls.nl_addr_get_len(address));
  const start = calls.nl_addr_get_binary_addr(address);
  calls.memcpy(bytes, start, BigInt(bytes.length));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** Gives a link an MTU and brings it up, in one request. */
export function setLinkUp(
  rtnl: Rtnl,
  { index, name }: LinkInfo,
  mtu: number,
): void {
  const { calls, socket } = rtnl;
  withObject(rtnl, "link", (which) =>
    withObject(rtnl, "link", (changes) => {
      calls.rtnl_link_set_ifindex(which, index);
      calls.rtnl_link_set_mtu(changes, mtu);
      calls.rtnl_link_set_flags(changes, IFF_UP);
      const status = calls.rtnl_link_change(socket, which, changes, 0);
      const task = `failed to set device ${quote(name)} up with MTU ${mtu}`;
      checkStatus(rtnl, task, status);
    }));
}

/** Removes a link; one that is gone already is no failure. */
export function removeLink(rtnl: Rtnl, { index, name }: LinkInfo): void {
  withObject(rtnl, "link", (link) => {
    rtnl.calls.rtnl_link_set_ifindex(link, index);
    const status = rtnl.calls.rtnl_link_delete(rtnl.socket, link);
    if (isGone(status)) return;
    checkStatus(rtnl, `failure removing device ${quote(name)}`, status);
  });
}
