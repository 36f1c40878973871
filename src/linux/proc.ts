/** What `/proc` tells of this boot of the machine. */
import { closeAtEnd, openFile } from "./call.ts";
import { readFileStatus } from "./file_status.ts";
import type { Libc } from "./symbols/libc.ts";

const READ_SIZE = 65_536;

/** Reads a file of `/proc`, for which Deno would need all permissions. */
export function readProcFile(libc: Libc, path: string): string | undefined {
  const fd = openFile(libc, path, 0);
  if (fd < 0) return undefined;
  using _file = closeAtEnd(libc, fd);
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(READ_SIZE);
  let text = "";
  while (true) {
    const length = Number(libc.read(fd, bytes, BigInt(READ_SIZE)));
    if (length < 0) return undefined;
    if (length === 0) return text + decoder.decode();
    text += decoder.decode(bytes.subarray(0, length), { stream: true });
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
