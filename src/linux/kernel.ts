/** The functions of libc that running a chain takes, in one table. */
import { fileStatus } from "./file_status.ts";
import { LIBC } from "./libc.ts";
import { openFunctions } from "./library.ts";
import { LOCKS } from "./lock_file.ts";
import { NETNS_FILES } from "./netns_file.ts";
import { OPEN_FILES, readWhole } from "./open_files.ts";
import { PROCESSES } from "./process_group.ts";

/** The prototypes. */
const KERNEL = {
  ...LIBC,
  ...NETNS_FILES,
  ...LOCKS,
  ...PROCESSES,
  ...OPEN_FILES,
  /** `uid_t geteuid(void)` */
  geteuid: { parameters: [], result: "u32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions, ready to be called. */
export type KernelCalls = Deno.StaticForeignLibraryInterface<typeof KERNEL>;

/**
 * Loads the functions.
 *
 * @param task What they are needed for: how messages begin.
 * @returns The functions, for the life of the process.
 * @throws {VmConfError} `ffi-denied` or `no-library`.
 */
export function openKernel(task: string): KernelCalls {
  return openFunctions(KERNEL, task);
}

/**
 * Tells one boot of the machine from the next.
 *
 * @param calls The functions.
 * @returns The boot's id, or `undefined` if it cannot be read.
 *
 * Source: proc_sys_kernel(5), `random/boot_id`.
 */
export function bootId(calls: KernelCalls): string | undefined {
  const id = readWhole(calls, "/proc/sys/kernel/random/boot_id")?.trim();
  return id === "" ? undefined : id;
}

/**
 * Tells when the machine was started.
 *
 * @param calls The functions.
 * @returns The time in milliseconds since 1970, by today's clock, or `undefined`
 * if it cannot be read.
 *
 * Source: proc_uptime(5).
 */
export function startOfBoot(calls: KernelCalls): number | undefined {
  const [seconds] = readWhole(calls, "/proc/uptime")?.split(" ") ?? [];
  return seconds === undefined
    ? undefined
    : Date.now() - Number(seconds) * 1000;
}

/**
 * Tells one mount namespace from another.
 *
 * @param calls The functions.
 * @returns The number of the process's own, or `undefined` if it cannot be read.
 */
export function mountNamespace(calls: KernelCalls): string | undefined {
  const status = fileStatus(calls, "/proc/self/ns/mnt");
  return typeof status === "number" ? undefined : status.inode;
}
