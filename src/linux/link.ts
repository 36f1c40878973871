/**
 * What the kernel knows of a link: the narrow door to the FFI of this package.
 *
 * Nothing is loaded before the first call. A scoped permission suffices:
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
import { lookUpMtu, type NetnsDevice } from "./mtu.ts";
import { createMtuReader, type MtuReader } from "./mtu_reader.ts";

export {
  ERROR_CODES,
  type ErrorCode,
  VmConfError,
  type VmConfErrorOptions,
} from "../errors.ts";
export type { NetnsDevice } from "./mtu.ts";
export type { MtuReader } from "./mtu_reader.ts";

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
  /** How many namespaces' sockets are kept at most; unset: 64. */
  readonly maxNamespaces?: number;
}

/**
 * Makes a reader for many lookups: the second one in a namespace and all after
 * it are one ioctl on a socket that was kept from the first.
 *
 * A kept socket keeps its namespace alive, so dispose of the reader. A namespace
 * that was deleted and made anew at the same path is noticed, by the device and
 * inode of its file.
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
