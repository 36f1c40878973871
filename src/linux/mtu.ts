/**
 * The MTU of a device in a network namespace, from the Linux kernel by FFI.
 *
 * Nothing is loaded before the first call. A limited permission is enough:
 * `--allow-ffi=/usr/lib/x86_64-linux-gnu/libnl-route-3.so.200` on Debian.
 *
 * @example Usage
 * ```ts
 * import { readMtu } from "@cni/vmconf/linux";
 *
 * function tapMtuOf(vm: string): number {
 *   return readMtu({ netNSPath: `/run/netns/${vm}`, device: "tap0" });
 * }
 * ```
 *
 * @module
 */
import { loadLibrary, MTU_TASK } from "./library.ts";
import { lookUpMtu, type NetnsDevice } from "./mtu_lookup.ts";
import { createMtuReader, type MtuReader } from "./mtu_reader.ts";

export {
  ERROR_CODES,
  type ErrorCode,
  VmConfError,
  type VmConfErrorOptions,
} from "../errors.ts";
export type { NetnsDevice } from "./mtu_lookup.ts";
export type { MtuReader } from "./mtu_reader.ts";

/**
 * Asks the kernel for the MTU of a device in a network namespace.
 *
 * The calling thread is in that namespace for three system calls, and back
 * before this returns. Needs FFI permission for libnl-route (or libc, where
 * libnl-route is not installed) and CAP_SYS_ADMIN.
 *
 * @param link The namespace and the device.
 * @returns The MTU in bytes.
 * @throws {VmConfError} `ffi-denied`, `no-library`, `invalid-netns`,
 * `netns-denied` or `no-device`; `system-call` if another call failed.
 *
 * @example Usage
 * ```ts
 * import { readMtu } from "@cni/vmconf/linux";
 *
 * function tapMtuOf(vm: string): number {
 *   return readMtu({ netNSPath: `/run/netns/${vm}`, device: "tap0" });
 * }
 * ```
 *
 * Source: setns(2), rtnetlink(7), netdevice(7).
 */
export function readMtu(link: NetnsDevice): number {
  return lookUpMtu(loadLibrary(MTU_TASK), link);
}

/** Choices of {@linkcode openMtuReader}. */
export interface MtuReaderOptions {
  /** How many sockets are kept at most, one for each namespace; unset: 64. */
  readonly maxNamespaces?: number;
}

/**
 * Makes a reader for many lookups. It keeps a socket in each namespace, so that
 * every lookup there after the first is one ioctl.
 *
 * A kept socket keeps its namespace alive, so dispose of the reader. The reader
 * notices if a namespace was deleted and another one made at the same path: the
 * device and inode of its file differ.
 *
 * @param options How many sockets are kept.
 * @returns The reader.
 *
 * @example Usage
 * ```ts
 * import { openMtuReader } from "@cni/vmconf/linux";
 *
 * function tapMtusOf(vms: string[]): number[] {
 *   using reader = openMtuReader();
 *   return vms.map((vm) =>
 *     reader.readMtu({ netNSPath: `/run/netns/${vm}`, device: "tap0" })
 *   );
 * }
 * ```
 *
 * Source: setns(2), netdevice(7), statx(2).
 */
export function openMtuReader(options: MtuReaderOptions = {}): MtuReader {
  return createMtuReader(
    () => loadLibrary(MTU_TASK),
    options.maxNamespaces ?? 64,
  );
}
