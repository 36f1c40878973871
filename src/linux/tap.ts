/** How a tap is made: a device whose other end a VMM opens. */
import { quote } from "../errors.ts";
import { O_CLOEXEC, O_RDWR } from "./abi/file.ts";
import {
  IFF_ONE_QUEUE,
  IFF_TAP,
  IFF_TUN_EXCL,
  IFF_VNET_HDR,
  IFNAMSIZ,
  IFREQ,
  TUNSETGROUP,
  TUNSETIFF,
  TUNSETOWNER,
  TUNSETPERSIST,
} from "./abi/net.ts";
import { closeAtEnd, mustCallLibc, toCString } from "./call.ts";
import type { OpenNetns } from "./netns.ts";
import { openInNetns } from "./netns_enter.ts";
import type { Libc } from "./symbols/libc.ts";

export interface TapOptions {
  /** Its name, of at most 15 bytes; `%d` in it is the next free number. */
  readonly name: string;
  /** The user who may open it; unset: the user of this process. */
  readonly uid?: number;
  /** The group that may open it; unset: the group of this process. */
  readonly gid?: number;
}

const DRIVER = "/dev/net/tun";
const DRIVER_FILE = toCString(DRIVER);

/**
 * Makes a tap in a network namespace, and returns its name. The tap is
 * persistent, has one queue, and virtio's header before each frame. It is down,
 * and has the kernel's MTU.
 *
 * Only the driver's file is opened inside the namespace: the device appears where
 * that was opened. Source: Documentation/networking/tuntap.rst of Linux.
 *
 * Equivalent to: `ip tuntap add dev $name mode tap user $uid group $gid one_queue
 * vnet_hdr`
 */
export function makeTap(
  libc: Libc,
  netns: OpenNetns,
  options: TapOptions,
): string {
  const { task } = netns;
  const { name, uid = libc.geteuid(), gid = libc.getegid() } = options;
  const fd = openTun(libc, netns);
  using _driver = closeAtEnd(libc, fd);
  const ifreq = buildRequest(name);
  mustCallLibc(
    libc,
    `${task}: failed to create tap device ${quote(name)}`,
    () => libc.ioctl(fd, TUNSETIFF, ifreq),
  );
  const made = new TextDecoder().decode(ifreq.subarray(0, ifreq.indexOf(0)));
  const tap = `tap ${quote(made)}`;
  const settings: [request: bigint, value: number, what: string][] = [
    [TUNSETOWNER, uid, `set ${tap} owner to uid ${uid}`],
    [TUNSETGROUP, gid, `set ${tap} group to gid ${gid}`],
    // Last: until then the tap ends with its descriptor.
    [TUNSETPERSIST, 1, `make ${tap} persistent`],
  ];
  for (const [request, value, what] of settings) {
    mustCallLibc(
      libc,
      `${task}: failed to ${what}`,
      () => libc.ioctl_value(fd, request, BigInt(value)),
    );
  }
  return made;
}

/** Opens the driver of taps in a network namespace. */
export function openTun(libc: Libc, netns: OpenNetns): number {
  return openInNetns(
    libc,
    netns,
    `open ${DRIVER}`,
    () => libc.open(DRIVER_FILE, O_RDWR | O_CLOEXEC, 0),
  );
}

function buildRequest(name: string): Uint8Array<ArrayBuffer> {
  const ifreq = new Uint8Array(IFREQ.size);
  ifreq.set(toCString(name).subarray(0, IFNAMSIZ - 1));
  const flags = new Uint16Array(ifreq.buffer, IFREQ.value, 1);
  flags[0] = IFF_TAP | IFF_ONE_QUEUE | IFF_VNET_HDR | IFF_TUN_EXCL;
  return ifreq;
}
