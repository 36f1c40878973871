/** Which devices there are in a network namespace. */
import { quote, VmConfError } from "../errors.ts";
import { ENODEV, errnoText } from "./errno.ts";
import { callLibc, type Libc } from "./libc.ts";
import { type LinkState, listLinks } from "./links.ts";
import { isDeviceName } from "./mtu.ts";
import { DEVICE_SOCKET, openNetns, openSocketInNetns } from "./netns.ts";
import { connectRtnl, type RtnlCalls } from "./rtnl.ts";

const SIOCGIFINDEX = 0x8933n;
const IFREQ_SIZE = 40;

/**
 * Tells whether a namespace has a device. libc alone is enough.
 *
 * Source: netdevice(7).
 */
export function hasDevice(
  libc: Libc,
  path: string,
  device: string,
  task: string,
): boolean {
  if (!isDeviceName(device)) return false;
  const netns = openNetns(libc, path, task);
  try {
    const socket = openSocketInNetns(libc, netns, DEVICE_SOCKET);
    try {
      const ifreq = new Uint8Array(IFREQ_SIZE);
      new TextEncoder().encodeInto(device, ifreq);
      const status = callLibc(
        libc,
        () => libc.ioctl(socket, SIOCGIFINDEX, ifreq),
      );
      if (status >= 0) return true;
      if (status === -ENODEV) return false;
      throw new VmConfError(
        "system-call",
        `${task}: failed to find device ${quote(device)} in netns ${
          quote(path)
        }: ${errnoText(-status)}`,
      );
    } finally {
      libc.close(socket);
    }
  } finally {
    libc.close(netns.fd);
  }
}

/** Lists the devices of a namespace. */
export function listLinksAt(
  calls: RtnlCalls,
  path: string,
  task: string,
): LinkState[] {
  const netns = openNetns(calls, path, task);
  try {
    using rtnl = connectRtnl(calls, netns);
    return listLinks(rtnl);
  } finally {
    calls.close(netns.fd);
  }
}
