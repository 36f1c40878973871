/** Links of a network namespace: found, listed, set up, removed. */
import { quote } from "../errors.ts";
import { NLE_NODEV, NLE_OBJ_NOTFOUND } from "./abi/netlink.ts";
import { IFF_UP } from "./abi/net.ts";
import { borrowCString } from "./call.ts";
import { openNetns } from "./netns.ts";
import {
  checkStatus,
  connectRtnl,
  readObjects,
  readText,
  type Rtnl,
  withObject,
} from "./rtnl.ts";
import type { Libnl } from "./symbols/libnl.ts";

export interface LinkInfo {
  /** In its namespace. */
  readonly index: number;
  readonly name: string;
  readonly mtu: number;
  /** In lower case with colons; empty if it has none. */
  readonly mac: string;
  /** Such as `veth`. */
  readonly kind: string;
  /** A tap has one if a process has it open. */
  readonly hasCarrier: boolean;
}

export const TAP_KIND = "tun";

/**
 * Finds a link by its name or index.
 *
 * Equivalent to: `ip link show dev $link`
 */
export function findLink(
  rtnl: Rtnl,
  link: string | number,
): LinkInfo | undefined {
  return queryLink(rtnl, link, (pointer) => readLink(rtnl.libnl, pointer));
}

const found = new BigUint64Array(1);

/** Reads something of a link, if the link is there. */
export function queryLink<T>(
  rtnl: Rtnl,
  link: string | number,
  read: (link: bigint) => T,
): T | undefined {
  const { libnl, socket } = rtnl;
  const [index, name] = typeof link === "number"
    ? [link, null]
    : [0, borrowCString(link)];
  const status = libnl.rtnl_link_get_kernel(socket, index, name, found);
  if (isGone(status)) return undefined;
  checkStatus(rtnl, `failed to find device ${quote(`${link}`)}`, status);
  const [pointer = 0n] = found;
  try {
    return read(pointer);
  } finally {
    libnl.rtnl_link_put(pointer);
  }
}

function isGone(status: number): boolean {
  return status === -NLE_NODEV || status === -NLE_OBJ_NOTFOUND;
}

function readLink(libnl: Libnl, link: bigint): LinkInfo {
  return {
    index: libnl.rtnl_link_get_ifindex(link),
    name: readText(libnl, libnl.rtnl_link_get_name(link)),
    mtu: libnl.rtnl_link_get_mtu(link),
    mac: readMac(libnl, libnl.rtnl_link_get_addr(link)),
    kind: readText(libnl, libnl.rtnl_link_get_type(link)),
    hasCarrier: libnl.rtnl_link_get_carrier(link) !== 0,
  };
}

function readMac(libnl: Libnl, address: bigint): string {
  if (address === 0n) return "";
  const bytes = new Uint8Array(libnl.nl_addr_get_len(address));
  const start = libnl.nl_addr_get_binary_addr(address);
  libnl.memcpy(bytes, start, BigInt(bytes.length));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/**
 * Lists the links of the namespace at a path.
 *
 * Equivalent to: `ip link show`
 */
export function listLinksAt(
  libnl: Libnl,
  path: string,
  task: string,
): LinkInfo[] {
  using netns = openNetns(libnl, path, task);
  using rtnl = connectRtnl(libnl, netns);
  return readObjects(
    rtnl,
    "failed to list devices",
    (list) => libnl.rtnl_link_alloc_cache(rtnl.socket, 0, list),
    (link) => readLink(libnl, link),
  );
}

/**
 * Sets the MTU of a link and sets it up, in one request.
 *
 * Equivalent to: `ip link set dev $link mtu $mtu up`
 */
export function setLinkUp(
  rtnl: Rtnl,
  { index, name }: LinkInfo,
  mtu: number,
): void {
  const { libnl, socket } = rtnl;
  withObject(rtnl, "link", (which) =>
    withObject(rtnl, "link", (changes) => {
      libnl.rtnl_link_set_ifindex(which, index);
      libnl.rtnl_link_set_mtu(changes, mtu);
      libnl.rtnl_link_set_flags(changes, IFF_UP);
      const status = libnl.rtnl_link_change(socket, which, changes, 0);
      const what = `failed to set device ${quote(name)} up with MTU ${mtu}`;
      checkStatus(rtnl, what, status);
    }));
}

/**
 * Removes a link. It is no failure if the link is gone already.
 *
 * Equivalent to: `ip link delete dev $link`
 */
export function removeLink(rtnl: Rtnl, { index, name }: LinkInfo): void {
  const { libnl, socket } = rtnl;
  withObject(rtnl, "link", (link) => {
    libnl.rtnl_link_set_ifindex(link, index);
    const status = libnl.rtnl_link_delete(socket, link);
    if (isGone(status)) return;
    checkStatus(rtnl, `failure removing device ${quote(name)}`, status);
  });
}
