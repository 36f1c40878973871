/** Network devices, as far as libc alone can ask for them: netdevice(7). */
import { quote } from "../errors.ts";
import { isInterfaceName } from "../names.ts";
import { ENODEV } from "./abi/errno.ts";
import {
  AF_INET,
  IFNAMSIZ,
  IFREQ,
  SIOCGIFINDEX,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from "./abi/net.ts";
import { callLibc, closeAtEnd, systemCallError } from "./call.ts";
import { openNetns } from "./netns.ts";
import { openSocketInNetns, type SocketType } from "./netns_enter.ts";
import type { Libc } from "./symbols/libc.ts";

/** The ioctls of network devices work on any socket. */
export const DEVICE_SOCKET: SocketType = [
  AF_INET,
  SOCK_DGRAM | SOCK_CLOEXEC,
  0,
];

const ENCODER = new TextEncoder();

/** One `struct ifreq` for all calls, so that a lookup allocates none. */
const ifreq = new Int32Array(IFREQ.size / 4);
const ifreqName = new Uint8Array(ifreq.buffer, 0, IFNAMSIZ);

/**
 * Asks for a number of a device, such as its MTU, or returns the negative `errno`.
 * The name must be a device's: the kernel would cut `tap0:1` at its colon and
 * answer for `tap0`.
 */
export function askDevice(
  libc: Libc,
  socket: number,
  request: bigint,
  device: string,
): number {
  ENCODER.encodeInto(device, ifreqName.fill(0));
  const status = callLibc(libc, () => libc.ioctl(socket, request, ifreq));
  return status < 0 ? status : ifreq[IFREQ.value / 4] ?? 0;
}

/** Whether a namespace has a device. */
export function hasDevice(
  libc: Libc,
  path: string,
  device: string,
  task: string,
): boolean {
  if (!isInterfaceName(device)) return false;
  using netns = openNetns(libc, path, task);
  const socket = openSocketInNetns(libc, netns, DEVICE_SOCKET);
  using _socket = closeAtEnd(libc, socket);
  const index = askDevice(libc, socket, SIOCGIFINDEX, device);
  if (index === -ENODEV) return false;
  if (index >= 0) return true;
  throw systemCallError(
    `${task}: failed to find device ${quote(device)} in netns ${quote(path)}`,
    index,
  );
}
