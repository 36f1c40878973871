/** The MTU of a device in a namespace, by a library that is given. */
import { quote, VmConfError } from "../errors.ts";
import { type Libc, mtuByIoctl, NO_DEVICE } from "./libc.ts";
import { mtuByNetlink } from "./libnl.ts";
import { type Library, MTU_TASK } from "./library.ts";
import {
  DEVICE_SOCKET,
  type OpenNetns,
  openNetns,
  openSocketInNetns,
  ROUTE_SOCKET,
} from "./netns.ts";

/** A device in a network namespace. */
export interface NetnsDevice {
  /** The path of the namespace's file, such as `/run/netns/vm-1`. */
  readonly netNSPath: string;
  /** The device's name, such as `tap0`. */
  readonly device: string;
}

/** Asks for a device's MTU, everything opened and closed again. */
export function lookUpMtu(
  library: Library,
  { netNSPath, device }: NetnsDevice,
): number {
  const { symbols } = library;
  const netns = openNetns(symbols, netNSPath, MTU_TASK);
  try {
    const mtu = isDeviceName(device)
      ? askIn(library, netns, device)
      : undefined;
    if (mtu === undefined) throw noDevice(netNSPath, device);
    return mtu;
  } finally {
    symbols.close(netns.fd);
  }
}

function askIn(
  library: Library,
  netns: OpenNetns,
  device: string,
): number | undefined {
  if (library.kind === "libnl-route") {
    const socket = openSocketInNetns(library.symbols, netns, ROUTE_SOCKET);
    return mtuByNetlink(library.symbols, socket, device, MTU_TASK);
  }
  const socket = openSocketInNetns(library.symbols, netns, DEVICE_SOCKET);
  return askAndClose(library.symbols, socket, device);
}

function askAndClose(
  libc: Libc,
  socket: number,
  device: string,
): number | undefined {
  try {
    const mtu = mtuByIoctl(libc, socket, device);
    if (typeof mtu === "number") return mtu;
    if (mtu === NO_DEVICE) return undefined;
    throw new VmConfError("system-call", `${MTU_TASK}: SIOCGIFMTU: ${mtu}`);
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
export function isDeviceName(name: string): boolean {
  return name !== "" && !/[\0\t-\r :/]/.test(name) &&
    ENCODER.encodeInto(name, longestName).read === name.length;
}

const ENCODER = new TextEncoder();
const longestName = new Uint8Array(LONGEST_NAME);

function noDevice(netNSPath: string, device: string): VmConfError {
  const { length } = ENCODER.encode(device);
  return new VmConfError(
    "no-device",
    `${MTU_TASK}: failed to find device ${quote(device)} in netns ${
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
