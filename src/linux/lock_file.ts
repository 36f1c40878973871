/**
 * Advisory locks that outlive a crash of their owner for as long as its children
 * run: a plugin that goes on by itself still holds them.
 */
import { quote, VmConfError } from "../errors.ts";
import { errnoText } from "./errno.ts";
import { readFileStatus, STATX } from "./file_status.ts";
import { callLibc, type Libc, toCString } from "./libc.ts";

/** The prototypes that locks take beside those of a lookup. */
export const LOCKS = {
  ...STATX,
  /** `int open(const char *path, int flags, mode_t mode)` */
  open_mode: {
    name: "open",
    parameters: ["buffer", "i32", "u32"],
    result: "i32",
  },
  /** `int flock(int fd, int operation)` */
  flock: { parameters: ["i32", "i32"], result: "i32" },
  /** `int fcntl(int fd, int op, int arg)` */
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  /** `int unlink(const char *path)` */
  unlink: { parameters: ["buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions that locks take. */
export type LockCalls =
  & Libc
  & Deno.StaticForeignLibraryInterface<typeof LOCKS>;

/** open(2); two of the flags differ between architectures. */
const isArm = Deno.build.arch === "aarch64";
const O_RDWR_CREAT = 0o102;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const O_DIRECTORY = isArm ? 0o40000 : 0o200000;
const O_NOFOLLOW = isArm ? 0o100000 : 0o400000;
const FOLDER = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
const FILE = O_RDWR_CREAT | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;

/** flock(2). */
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

/** fcntl(2). */
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** A lock that is held. */
export interface Lock {
  /** Its descriptor, which child processes do not inherit. */
  readonly fd: number;
  /** Ends it, for those too who inherited it. */
  readonly release: () => void;
}

/**
 * Takes the lock of a file, if nobody holds it.
 *
 * Source: flock(2).
 */
export function tryLockFile(
  calls: LockCalls,
  path: string,
  task: string,
): Lock | undefined {
  const file = toCString(path);
  const fd = opened(calls, path, FILE, task);
  const status = readFileStatus(calls, fd);
  const isPlain = typeof status !== "number" && status.isPlain;
  if (!isPlain) {
    calls.close(fd);
    throw failed(
      task,
      path,
      typeof status === "number"
        ? errnoText(-status)
        : "expected a plain file, found something else",
    );
  }
  const isFree = calls.flock(fd, LOCK_EX | LOCK_NB) === 0;
  // Its last holder may have removed the file after we opened it: a lock on a
  // file without a name excludes nobody.
  const after = isFree ? readFileStatus(calls, fd) : status;
  const isNamed = typeof after !== "number" && after.links > 0;
  if (isFree && isNamed) {
    return {
      fd,
      release: () => {
        calls.unlink(file);
        unlock(calls, fd);
      },
    };
  }
  if (isFree) unlock(calls, fd);
  else calls.close(fd);
  return undefined;
}

/** Takes the lock of a folder, if that can be had now. It leaves no file. */
export function tryLockFolder(
  calls: LockCalls,
  path: string,
  kind: "shared" | "exclusive",
  task: string,
): Lock | undefined {
  const fd = opened(calls, path, FOLDER, task);
  const operation = kind === "shared" ? LOCK_SH : LOCK_EX;
  if (calls.flock(fd, operation | LOCK_NB) === 0) {
    return { fd, release: () => unlock(calls, fd) };
  }
  calls.close(fd);
  return undefined;
}

/** Starts a process that inherits locks, as no other process does. */
export function withInheritedLocks<T>(
  calls: LockCalls,
  locks: readonly number[],
  start: () => T,
): T {
  try {
    for (const fd of locks) {
      if (calls.fcntl(fd, F_SETFD, 0) === 0) continue;
      throw new VmConfError(
        "system-call",
        "failed to hand a lock on to a plugin, which was not started",
      );
    }
    return start();
  } finally {
    for (const fd of locks) calls.fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

/** Closing alone would leave the lock to whoever inherited the descriptor. */
function unlock(calls: LockCalls, fd: number): void {
  calls.flock(fd, LOCK_UN);
  calls.close(fd);
}

function opened(
  calls: LockCalls,
  path: string,
  flags: number,
  task: string,
): number {
  const file = toCString(path);
  const fd = callLibc(calls, () => calls.open_mode(file, flags, 0o600));
  if (fd >= 0) return fd;
  throw failed(task, path, errnoText(-fd));
}

function failed(task: string, path: string, reason: string): VmConfError {
  return new VmConfError(
    "cache-failed",
    `${task}: failed to open ${quote(path)}: ${reason}`,
  );
}
