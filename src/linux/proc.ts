/** What `/proc` tells of this boot of the machine. */
import { O_CLOEXEC } from "./abi/file.ts";
import { callLibc, toCString } from "./call.ts";
import { readFileStatus } from "./file_status.ts";
import type { Libc } from "./symbols/libc.ts";

const READ_SIZE = 65_536;

/** Reads a file of `/proc`, for which Deno would need all permissions. */
export function readProcFile(libc: Libc, path: string): string | undefined {
  const file = toCString(path);
  const fd = callLibc(libc, () => libc.open(file, O_CLOEXEC, 0));
  if (fd < 0) return undefined;
  try {
    const decoder = new TextDecoder();
    const bytes = new Uint8Array(READ_SIZE);
    let text = "";
    while (true) {
      const length = Number(libc.read(fd, bytes, BigInt(READ_SIZE)));
      if (length < 0) return undefined;
      if (length === 0) return text + decoder.decode();
      text += decoder.decode(bytes.subarray(0, length), { stream: true });
    }
  } finally {
    libc.close(fd);
  }
}

/** Reads the id of this boot: proc_sys_kernel(5), `random/boot_id`. */
export function readBootId(libc: Libc): string | undefined {
  const id = readProcFile(libc, "/proc/sys/kernel/random/boot_id")?.trim();
  return id === "" ? undefined : id;
}

/** Reads when the machine was started, in milliseconds: proc_uptime(5). */
export function readBootTime(libc: Libc): number | undefined {
  const [seconds] = readProcFile(libc, "/proc/uptime")?.split(" ") ?? [];
  return seconds === undefined
    ? undefined
    : Date.now() - Number(seconds) * 1000;
}

/** Reads the inode number of this process's mount namespace. */
export function readMountNamespace(libc: Libc): string | undefined {
  const status = readFileStatus(libc, "/proc/self/ns/mnt");
  return typeof status === "number" ? undefined : status.inode;
}
