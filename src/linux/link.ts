/**
 * What the kernel knows of a link: the narrow door to the FFI of this package.
 *
 * Nothing is loaded before the first call. A scoped permission suffices:
 * `--allow-ffi=/usr/lib/x86_64-linux-gnu/libnl-route-3.so.200` on Debian.
 *
 * @example Usage
 * ```ts
 * import { mtuOf } from "@cni/vmconf/linux";
 *
 * function tapMtuOf(vm: string): number {
 *   return mtuOf({ netNSPath: `/run/netns/${vm}`, device: "tap0" });
 * }
 * ```
 *
 * @module
 */
import { quote, VmConfError } from "../errors.ts";
import { type Libc, mtuByIoctl } from "./libc.ts";
import { mtuByNetlink } from "./libnl.ts";
import { type Library, openLibrary } from "./library.ts";
import {
  DEVICE_SOCKET,
  openNetns,
  ROUTE_SOCKET,
  socketInNetns,
} from "./netns.ts";

/** A device in a network namespace. */
export interface Link {
  /** The path of the namespace's file, such as `/run/netns/vm-1`. */
  readonly netNSPath: string;
  /** The device's name, such as `tap0`. */
  readonly device: string;
}

/**
 * Asks the kernel for the MTU of a device in a network namespace.
 *
 * The calling thread is in that namespace for three system calls, and back
 * before this returns. Takes FFI permission for libnl-route (or libc, where
 * libnl-route is not installed) and CAP_SYS_ADMIN.
 *
 * @param link The namespace and the device.
 * @returns The MTU in bytes.
 * @throws {VmConfError} `ffi-denied`, `no-library`, `invalid-netns`,
 * `netns-denied` or `no-device`; `system-call` for what should not happen.
 *
 * @example Usage
 * ```ts
 * import { mtuOf } from "@cni/vmconf/linux";
 *
 * function tapMtuOf(vm: string): number {
 *   return mtuOf({ netNSPath: `/run/netns/${vm}`, device: "tap0" });
 * }
 * ```
 *
 * Source: setns(2), rtnetlink(7), netdevice(7).
 */
export function mtuOf(link: Link): number {
  return mtuBy(openLibrary(), link);
}

function mtuBy(library: Library, { netNSPath, device }: Link): number {
  const { symbols } = library;
  const netns = openNetns(symbols, netNSPath);
  try {
    const mtu = isDeviceName(device)
      ? askIn(library, netns, netNSPath, device)
      : undefined;
    if (mtu === undefined) throw noDevice(netNSPath, device);
    return mtu;
  } finally {
    symbols.close(netns);
  }
}

function askIn(
  library: Library,
  netns: number,
  path: string,
  device: string,
): number | undefined {
  if (library.kind === "libnl-route") {
    const socket = socketInNetns(library.symbols, netns, path, ROUTE_SOCKET);
    return mtuByNetlink(library.symbols, socket, device);
  }
  const socket = socketInNetns(library.symbols, netns, path, DEVICE_SOCKET);
  return askAndClose(library.symbols, socket, device);
}

function askAndClose(
  libc: Libc,
  socket: number,
  device: string,
): number | undefined {
  try {
    return mtuByIoctl(libc, socket, device);
  } finally {
    libc.close(socket);
  }
}

/** In bytes, by IFNAMSIZ and ALTIFNAMSIZ of the kernel. */
const LONGEST_NAME = 15;
const LONGEST_ALTERNATIVE = 127;

/**
 * Whether a device can have that name at all, by `dev_valid_name` of the
 * kernel. An ioctl would cut `tap0:1` at its colon and answer for `tap0`.
 */
function isDeviceName(name: string): boolean {
  return name !== "" && !/[\0\t-\r :/]/.test(name) &&
    byteLength(name) <= LONGEST_NAME;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function noDevice(netNSPath: string, device: string): VmConfError {
  const length = byteLength(device);
  return new VmConfError(
    "no-device",
    `failed to find MTU: failed to find device ${quote(device)} in netns ${
      quote(netNSPath)
    }: ${
      length > LONGEST_ALTERNATIVE
        ? "numerical result out of range"
        : `did not find expected network device with name ${quote(device)}`
    }`,
    {
      hint: isDeviceName(device)
        ? "`nsenter --net=PATH ip link` shows the devices that are there."
        : length > LONGEST_NAME
        ? `A device's name has at most ${LONGEST_NAME} bytes; this one has ${length}. A VMM cannot open a tap by an alternative name.`
        : "A device's name has at least one character, and no NUL, slash, colon or white space.",
    },
  );
}
