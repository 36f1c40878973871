/**
 * Lock files that outlive a crash of their owner for as long as its children
 * run: a plugin that goes on by itself still holds the lock.
 */
import { quote, VmConfError } from "../errors.ts";
import { attempt, cString, type Libc } from "./libc.ts";
import { openFunctions, openLibrary } from "./library.ts";

const LOCKS = {
  /** `int open(const char *path, int flags, mode_t mode)` */
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  /** `int flock(int fd, int operation)` */
  flock: { parameters: ["i32", "i32"], result: "i32" },
  /** `int unlink(const char *path)` */
  unlink: { parameters: ["buffer"], result: "i32" },
  /** `int statx(int dirfd, const char *path, int flags, unsigned int mask, struct statx *buf)` */
  statx: {
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** open(2), without O_CLOEXEC: child processes are to have the file too. */
const O_RDWR_CREAT = 0o102;

/** flock(2). */
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

/** statx(2). */
const AT_EMPTY_PATH = 0x1000;
const STATX_NLINK = 4;
const STATX_WORDS = 64;
const STX_NLINK_WORD = 4;

/**
 * Takes a lock, if nobody holds it.
 *
 * The lock belongs to the open file, which child processes inherit. It ends
 * when it is released, or when the last process that has the file has ended.
 *
 * @param path The lock file, which is made; its folder has to be there.
 * @param task What it is for: how messages begin.
 * @returns A function that releases it and removes the file, or `undefined` if
 * somebody else holds it.
 * @throws {VmConfError} `system-call` if the file cannot be made.
 *
 * Source: flock(2).
 */
export function tryLock(path: string, task: string): (() => void) | undefined {
  const libc: Libc = openLibrary(task).symbols;
  const locks = openFunctions(LOCKS, task);
  const file = cString(path);
  const fd = attempt(libc, () => locks.open(file, O_RDWR_CREAT, 0o600));
  if (typeof fd === "string") {
    throw new VmConfError(
      "system-call",
      `${task}: failed to open ${quote(path)}: ${fd}`,
    );
  }
  const isFree = locks.flock(fd, LOCK_EX | LOCK_NB) === 0;
  // Its last holder removed the file after we had opened it: ours locks nobody.
  if (!isFree || linksOf(locks, fd) === 0) {
    libc.close(fd);
    return undefined;
  }
  return () => {
    locks.unlink(file);
    // A daemon that a plugin started may have the file still: not the lock.
    locks.flock(fd, LOCK_UN);
    libc.close(fd);
  };
}

function linksOf(
  locks: Deno.StaticForeignLibraryInterface<typeof LOCKS>,
  fd: number,
): number {
  const statx = new Uint32Array(STATX_WORDS);
  locks.statx(fd, cString(""), AT_EMPTY_PATH, STATX_NLINK, statx);
  return statx[STX_NLINK_WORD] ?? 0;
}
