/** One lookup of an MTU, by the library that is given. */
import { quote, VmConfError } from "../errors.ts";
import { isInterfaceName, MAX_INTERFACE_NAME } from "../names.ts";
import { ENODEV } from "./abi/errno.ts";
import { ALTIFNAMSIZ, SIOCGIFMTU } from "./abi/net.ts";
import { systemCallError } from "./call.ts";
import { type Library, MTU_TASK } from "./library.ts";
import { queryLink } from "./links.ts";
import { askDevice, DEVICE_SOCKET } from "./netdevice.ts";
import { type OpenNetns, openNetns } from "./netns.ts";
import { openSocketInNetns } from "./netns_enter.ts";
import { connectRtnl, type Rtnl } from "./rtnl.ts";
import type { Libc } from "./symbols/libc.ts";
import type { Libnl } from "./symbols/libnl.ts";

/** A device in a network namespace. */
export interface NetnsDevice {
  /** The path of the namespace's file, such as `/run/netns/vm-1`. */
  readonly netNSPath: string;
  /** The device's name, such as `tap0`. */
  readonly device: string;
}

/**
 * Asks for a device's MTU; opens all that it needs, and closes it again. Without
 * `using`, which would cost a microsecond each.
 */
export function lookUpMtu(
  { kind, symbols }: Library,
  { netNSPath, device }: NetnsDevice,
): number {
  const netns = openNetns(symbols, netNSPath, MTU_TASK);
  try {
    if (!isInterfaceName(device)) throw noDeviceError(netNSPath, device);
    const mtu = kind === "libnl-route"
      ? askByNetlink(symbols, netns, device)
      : askByIoctl(symbols, netns, device);
    if (mtu === undefined) throw noDeviceError(netNSPath, device);
    return mtu;
  } finally {
    symbols.close(netns.fd);
  }
}

/** Asks by netdevice(7), as libc alone can. */
function askByIoctl(
  libc: Libc,
  netns: OpenNetns,
  device: string,
): number | undefined {
  const socket = openSocketInNetns(libc, netns, DEVICE_SOCKET);
  try {
    const mtu = askDevice(libc, socket, SIOCGIFMTU, device);
    if (mtu >= 0) return mtu;
    if (mtu === -ENODEV) return undefined;
    throw systemCallError(`${MTU_TASK}: SIOCGIFMTU`, mtu);
  } finally {
    libc.close(socket);
  }
}

/** Asks by RTM_GETLINK of rtnetlink(7). */
function askByNetlink(
  libnl: Libnl,
  netns: OpenNetns,
  device: string,
): number | undefined {
  const rtnl = connectRtnl(libnl, netns);
  try {
    spareCalls(rtnl);
    return queryLink(rtnl, device, libnl.rtnl_link_get_mtu);
  } finally {
    libnl.nl_socket_free(rtnl.socket);
  }
}

/** More than the kernel ever puts into one answer (NLMSG_GOODSIZE). */
const MAX_ANSWER = 32_768n;

/**
 * There is one answer to one question: no acknowledgement follows it, and the
 * buffer holds it, so that libnl need not ask for its size first.
 */
function spareCalls({ libnl, socket }: Rtnl): void {
  libnl.nl_socket_disable_auto_ack(socket);
  if (libnl.nl_socket_set_msg_buf_size(socket, MAX_ANSWER) === 0) {
    libnl.nl_socket_disable_msg_peek(socket);
  }
}

function noDeviceError(netNSPath: string, device: string): VmConfError {
  const { length } = new TextEncoder().encode(device);
  return new VmConfError(
    "no-device",
    `${MTU_TASK}: failed to find device ${quote(device)} in netns ${
      quote(netNSPath)
    }: ${
      length >= ALTIFNAMSIZ
        ? "numerical result out of range"
        : `did not find expected network device with name ${quote(device)}`
    }`,
    {
      hint: isInterfaceName(device)
        ? "`nsenter --net=PATH ip link` shows the devices that are there."
        : length > MAX_INTERFACE_NAME
        ? `A device's name has at most ${MAX_INTERFACE_NAME} bytes; this one has ${length}. A VMM cannot open a tap by an alternative name.`
        : "A device's name is not empty, `.` or `..`, and has no NUL, slash, colon or white space.",
    },
  );
}
