/** One lookup of an MTU, by the library that is given. */
import { quote, VmConfError } from "../errors.ts";
import { isInterfaceName, MAX_INTERFACE_NAME } from "../names.ts";
import { ENODEV } from "./abi/errno.ts";
import { NLE_NODEV, NLE_OBJ_NOTFOUND } from "./abi/netlink.ts";
import { ALTIFNAMSIZ, SIOCGIFMTU } from "./abi/net.ts";
import { borrowCString, systemCallError } from "./call.ts";
import { type Library, MTU_TASK } from "./library.ts";
import { askDevice, DEVICE_SOCKET } from "./netdevice.ts";
import { type OpenNetns, openNetns } from "./netns.ts";
import { openSocketInNetns } from "./netns_enter.ts";
import { libnlError, openLibnlSocket } from "./rtnl.ts";
import type { Libc } from "./symbols/libc.ts";
import type { Libnl } from "./symbols/libnl.ts";

/** A device in a network namespace. */
export interface NetnsDevice {
  /** The path of the namespace's file, such as `/run/netns/vm-1`. */
  readonly netNSPath: string;
  /** The device's name, such as `tap0`. */
  readonly device: string;
}

/** Asks for a device's MTU; opens all that it needs, and closes it again. */
export function lookUpMtu(
  library: Library,
  { netNSPath, device }: NetnsDevice,
): number {
  const netns = openNetns(library.symbols, netNSPath, MTU_TASK);
  try {
    const mtu = isInterfaceName(device)
      ? askInNetns(library, netns, device)
      : undefined;
    if (mtu === undefined) throw noDevice(netNSPath, device);
    return mtu;
  } finally {
    library.symbols.close(netns.fd);
  }
}

/** `undefined`: there is no such device. */
function askInNetns(
  { kind, symbols }: Library,
  netns: OpenNetns,
  device: string,
): number | undefined {
  return kind === "libnl-route"
    ? askByNetlink(symbols, netns, device)
    : askByIoctl(symbols, netns, device);
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

/** Where libnl puts its answer. */
const link = new BigUint64Array(1);

/** Asks by RTM_GETLINK of rtnetlink(7). */
function askByNetlink(
  libnl: Libnl,
  netns: OpenNetns,
  device: string,
): number | undefined {
  const socket = openLibnlSocket(libnl, netns);
  try {
    spareCalls(libnl, socket);
    const name = borrowCString(device);
    const status = libnl.rtnl_link_get_kernel(socket, 0, name, link);
    if (status === -NLE_NODEV || status === -NLE_OBJ_NOTFOUND) return undefined;
    if (status < 0) {
      throw libnlError(libnl, `${MTU_TASK}: rtnl_link_get_kernel`, status);
    }
    const [pointer = 0n] = link;
    try {
      return libnl.rtnl_link_get_mtu(pointer);
    } finally {
      libnl.rtnl_link_put(pointer);
    }
  } finally {
    libnl.nl_socket_free(socket);
  }
}

/** More than the kernel ever puts into one answer (NLMSG_GOODSIZE). */
const MAX_ANSWER = 32_768n;

/**
 * There is one answer to one question: no acknowledgement follows it, and the
 * buffer holds it, so that libnl need not ask for its size first.
 */
function spareCalls(libnl: Libnl, socket: bigint): void {
  libnl.nl_socket_disable_auto_ack(socket);
  if (libnl.nl_socket_set_msg_buf_size(socket, MAX_ANSWER) === 0) {
    libnl.nl_socket_disable_msg_peek(socket);
  }
}

function noDevice(netNSPath: string, device: string): VmConfError {
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
