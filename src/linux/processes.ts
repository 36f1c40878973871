/** Processes: who has a file open or is in a namespace, and ending a child. */
import { ENOENT } from "./abi/errno.ts";
import { DIRENT_NAME, PATH_MAX } from "./abi/file.ts";
import {
  P_PID,
  SIGINFO_SIZE,
  SIGKILL,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from "./abi/process.ts";
import { readCString, toCString } from "./call.ts";
import { isSameFile, readFileStatus } from "./file_status.ts";
import { readProcFile } from "./proc.ts";
import type { Libc } from "./symbols/libc.ts";

/** A process. */
export interface ProcessName {
  readonly pid: number;
  /** The name of its program, as far as the kernel keeps it. */
  readonly command: string;
}

/**
 * Finds the processes that have a file open, as far as this process may see:
 * proc_pid_fd(5).
 */
export function findProcessesWithFile(
  libc: Libc,
  path: string,
): ProcessName[] {
  return listPids(libc)
    .filter((pid) => hasFile(libc, pid, path))
    .map((pid) => readProcessName(libc, pid));
}

/** Finds a process that is in a namespace: namespaces(7). */
export function findProcessInNamespace(
  libc: Libc,
  kind: "mnt" | "net",
  inode: string,
): ProcessName | "none" | "unknown" {
  let found: "none" | "unknown" = "none";
  for (const pid of listPids(libc)) {
    const status = readFileStatus(libc, `/proc/${pid}/ns/${kind}`);
    if (typeof status !== "number") {
      if (status.inode === inode) return readProcessName(libc, pid);
    } else if (status !== -ENOENT) found = "unknown";
  }
  return found;
}

function listPids(libc: Libc): string[] {
  return listNames(libc, "/proc").filter((name) => /^\d+$/.test(name));
}

function readProcessName(libc: Libc, pid: string): ProcessName {
  const command = readProcFile(libc, `/proc/${pid}/comm`) ?? "";
  return { pid: Number(pid), command: command.trim() };
}

function hasFile(libc: Libc, pid: string, path: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return listNames(libc, folder).some((fd) => {
    const link = `${folder}/${fd}`;
    if (readLink(libc, link) !== path) return false;
    // In another mount namespace another file may have the same path.
    const [open, named] = [
      readFileStatus(libc, link),
      readFileStatus(libc, path),
    ];
    return typeof open !== "number" && typeof named !== "number" &&
      isSameFile(open, named);
  });
}

function listNames(libc: Libc, folder: string): string[] {
  const names: string[] = [];
  const stream = libc.opendir(toCString(folder));
  if (stream === 0n) return names;
  try {
    for (
      let entry = libc.readdir(stream);
      entry !== 0n;
      entry = libc.readdir(stream)
    ) names.push(readCString(libc, entry + DIRENT_NAME));
  } finally {
    libc.closedir(stream);
  }
  return names.filter((name) => name !== "." && name !== "..");
}

function readLink(libc: Libc, link: string): string | undefined {
  const target = new Uint8Array(PATH_MAX);
  const length = libc.readlink(toCString(link), target, BigInt(PATH_MAX));
  if (length < 0n) return undefined;
  return new TextDecoder().decode(target.subarray(0, Number(length)));
}

/**
 * Kills a child of this process, together with its process group, and tells
 * whether it could. After somebody waited for the child, its number may be
 * another process's: nothing is killed then.
 *
 * `Deno.kill` would need permission to run every program.
 */
export function killChild(libc: Libc, leader: number): boolean {
  const siginfo = new Uint8Array(SIGINFO_SIZE);
  const options = WEXITED | WNOHANG | WNOWAIT;
  if (libc.waitid(P_PID, leader, siginfo, options) !== 0) return false;
  libc.kill(-leader, SIGKILL);
  return true;
}
