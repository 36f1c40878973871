/**
 * How locks are taken: flock(2). A lock outlives a crash of its owner for as long
 * as a child runs that inherited it, such as a plugin.
 */
import { quote, VmConfError } from "../errors.ts";
import { errnoText } from "./abi/errno.ts";
import {
  F_SETFD,
  FD_CLOEXEC,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  O_CREAT,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDWR,
} from "./abi/file.ts";
import { openFile, toCString } from "./call.ts";
import { readFileStatus } from "./file_status.ts";
import type { Libc } from "./symbols/libc.ts";

export interface Lock {
  /** Its descriptor. Child processes do not inherit it. */
  readonly fd: number;
  /** Ends the lock, also for those who inherited it. */
  readonly release: () => void;
}

const FILE = O_RDWR | O_CREAT | O_NONBLOCK | O_NOFOLLOW;
const FOLDER = O_DIRECTORY | O_NOFOLLOW;

/** Takes the lock of a file, which is made if need be, or gives `undefined` if somebody holds it. */
export function tryLockFile(
  libc: Libc,
  path: string,
  task: string,
): Lock | undefined {
  const fd = openToLock(libc, path, FILE, task);
  const status = readFileStatus(libc, fd);
  const fault = typeof status === "number"
    ? errnoText(-status)
    : status.isPlain
    ? undefined
    : "expected a plain file, found something else";
  if (fault !== undefined) {
    libc.close(fd);
    throw openError(task, path, fault);
  }
  if (libc.flock(fd, LOCK_EX | LOCK_NB) !== 0) {
    libc.close(fd);
    return undefined;
  }
  // The last holder may have removed the file after it was opened here. A lock on
  // a file without a name excludes nobody.
  const after = readFileStatus(libc, fd);
  if (typeof after === "number" || after.links === 0) {
    unlock(libc, fd);
    return undefined;
  }
  const file = toCString(path);
  return {
    fd,
    release: () => {
      libc.unlink(file);
      unlock(libc, fd);
    },
  };
}

/** Takes the lock of a folder, or gives `undefined` if somebody holds it. It leaves no file. */
export function tryLockFolder(
  libc: Libc,
  path: string,
  kind: "shared" | "exclusive",
  task: string,
): Lock | undefined {
  const fd = openToLock(libc, path, FOLDER, task);
  const operation = kind === "shared" ? LOCK_SH : LOCK_EX;
  if (libc.flock(fd, operation | LOCK_NB) === 0) {
    return { fd, release: () => unlock(libc, fd) };
  }
  libc.close(fd);
  return undefined;
}

/** Starts a process that inherits locks. No other process does. */
export function withInheritedLocks<T>(
  libc: Libc,
  locks: readonly number[],
  start: () => T,
): T {
  try {
    for (const fd of locks) {
      if (libc.fcntl(fd, F_SETFD, 0) === 0) continue;
      throw new VmConfError(
        "system-call",
        "failed to hand a lock on to a plugin, which was not started",
      );
    }
    return start();
  } finally {
    for (const fd of locks) libc.fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

/** Closing alone would leave the lock to whoever inherited the descriptor. */
function unlock(libc: Libc, fd: number): void {
  libc.flock(fd, LOCK_UN);
  libc.close(fd);
}

function openToLock(
  libc: Libc,
  path: string,
  flags: number,
  task: string,
): number {
  const fd = openFile(libc, path, flags, 0o600);
  if (fd >= 0) return fd;
  throw openError(task, path, errnoText(-fd));
}

function openError(task: string, path: string, reason: string): VmConfError {
  return new VmConfError(
    "cache-failed",
    `${task}: failed to open ${quote(path)}: ${reason}`,
  );
}
