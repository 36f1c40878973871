/** The functions of libc that running a chain takes, in one table. */
import { readFileStatus } from "./file_status.ts";
import { LIBC } from "./libc.ts";
import { loadFunctions } from "./library.ts";
import { LOCKS } from "./lock_file.ts";
import { NETNS_FILES } from "./netns_file.ts";
import { OPEN_FILES, readProcFile } from "./open_files.ts";
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

/** Loads the functions. */
export function loadKernelCalls(task: string): KernelCalls {
  return loadFunctions(KERNEL, task);
}

/**
 * Tells one boot of the machine from the next.
 *
 * Source: proc_sys_kernel(5), `random/boot_id`.
 */
export function readBootId(calls: KernelCalls): string | undefined {
  const id = readProcFile(calls, "/proc/sys/kernel/random/boot_id")?.trim();
  return id === "" ? undefined : id;
}

/**
 * Tells when the machine was started.
 *
 * Source: proc_uptime(5).
 */
export function readBootTime(calls: KernelCalls): number | undefined {
  const [seconds] = readProcFile(calls, "/proc/uptime")?.split(" ") ?? [];
  return seconds === undefined
    ? undefined
    : Date.now() - Number(seconds) * 1000;
}

/** Tells one mount namespace from another. */
export function readMountNamespace(calls: KernelCalls): string | undefined {
  const status = readFileStatus(calls, "/proc/self/ns/mnt");
  return typeof status === "number" ? undefined : status.inode;
}
