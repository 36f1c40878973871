/** Which processes have a file open, or are in a mount namespace. */
import { ENOENT } from "./errno.ts";
import { readFileStatus, STATX } from "./file_status.ts";
import { callLibc, type Libc, readCString, toCString } from "./libc.ts";

/** The prototypes that the search takes beside those of a lookup. */
export const OPEN_FILES = {
  ...STATX,
  /** `DIR *opendir(const char *name)` */
  opendir: { parameters: ["buffer"], result: "usize" },
  /** `struct dirent *readdir(DIR *dirp)` */
  readdir: { parameters: ["usize"], result: "usize" },
  /** `int closedir(DIR *dirp)` */
  closedir: { parameters: ["usize"], result: "i32" },
  /** `ssize_t readlink(const char *path, char *buf, size_t bufsiz)` */
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
  /** `ssize_t read(int fd, void *buf, size_t count)` */
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions that the search takes. */
export type OpenFileCalls =
  & Libc
  & Deno.StaticForeignLibraryInterface<typeof OPEN_FILES>;

/** A process. */
export interface ProcessName {
  readonly pid: number;
  /** The name of its program, as far as the kernel keeps it. */
  readonly command: string;
}

/** readdir(3): where the name begins, with glibc and musl on 64 bits. */
const D_NAME = 19n;
const PATH_MAX = 4096;
const O_RDONLY_CLOEXEC = 0o2000000;
const READ_SIZE = 65_536;

/**
 * Lists the processes that have a file open, as far as this process may see.
 *
 * Source: proc_pid_fd(5).
 */
export function findProcessesWithFile(
  calls: OpenFileCalls,
  path: string,
): ProcessName[] {
  return processes(calls)
    .filter((pid) => hasFile(calls, pid, path))
    .map((pid) => processName(calls, pid));
}

function processes(calls: OpenFileCalls): string[] {
  return namesIn(calls, "/proc").filter((name) => /^\d+$/.test(name));
}

function processName(calls: OpenFileCalls, pid: string): ProcessName {
  const command = readProcFile(calls, `/proc/${pid}/comm`) ?? "";
  return { pid: Number(pid), command: command.trim() };
}

/**
 * Finds a process that is in a namespace.
 *
 * Source: namespaces(7).
 */
export function findProcessInNamespace(
  calls: OpenFileCalls,
  kind: "mnt" | "net",
  inode: string,
): ProcessName | "none" | "unknown" {
  let found: "none" | "unknown" = "none";
  for (const pid of processes(calls)) {
    const status = readFileStatus(calls, `/proc/${pid}/ns/${kind}`);
    if (typeof status !== "number") {
      if (status.inode === inode) return processName(calls, pid);
    } else if (status !== -ENOENT) found = "unknown";
  }
  return found;
}

function hasFile(calls: OpenFileCalls, pid: string, path: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return namesIn(calls, folder).some((fd) =>
    linkTarget(calls, `${folder}/${fd}`) === path &&
    isSameFile(calls, `${folder}/${fd}`, path)
  );
}

/** In another mount namespace another file may have the same path. */
function isSameFile(calls: OpenFileCalls, a: string, b: string): boolean {
  const [one, other] = [readFileStatus(calls, a), readFileStatus(calls, b)];
  if (typeof one === "number" || typeof other === "number") return false;
  return one.device === other.device && one.inode === other.inode;
}

function namesIn(calls: OpenFileCalls, folder: string): string[] {
  const names: string[] = [];
  const stream = calls.opendir(toCString(folder));
  if (stream === 0n) return names;
  try {
    for (
      let entry = calls.readdir(stream);
      entry !== 0n;
      entry = calls.readdir(stream)
    ) names.push(readCString(calls, entry + D_NAME));
  } finally {
    calls.closedir(stream);
  }
  return names.filter((name) => name !== "." && name !== "..");
}

function linkTarget(calls: OpenFileCalls, link: string): string | undefined {
  const target = new Uint8Array(PATH_MAX);
  const length = calls.readlink(toCString(link), target, BigInt(PATH_MAX));
  if (length < 0n) return undefined;
  return new TextDecoder().decode(target.subarray(0, Number(length)));
}

/** Reads a file of `/proc`, for which Deno would need all permissions. */
export function readProcFile(
  calls: OpenFileCalls,
  path: string,
): string | undefined {
  const fd = callLibc(
    calls,
    () => calls.open(toCString(path), O_RDONLY_CLOEXEC),
  );
  if (fd < 0) return undefined;
  try {
    const decoder = new TextDecoder();
    const bytes = new Uint8Array(READ_SIZE);
    let text = "";
    while (true) {
      const length = Number(calls.read(fd, bytes, BigInt(READ_SIZE)));
      if (length < 0) return undefined;
      if (length === 0) return text + decoder.decode();
      text += decoder.decode(bytes.subarray(0, length), { stream: true });
    }
  } finally {
    calls.close(fd);
  }
}
