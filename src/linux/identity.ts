/** What tells a file, such as a namespace's, from others at the same path. */
import { type Libc, toCString } from "./libc.ts";

/**
 * A file's device and inode. No two files that exist at the same time have the
 * same ones; the kernel gives the number of a removed file to a new one.
 */
export interface Identity {
  /** An opaque number: compare it only with another identity's. */
  readonly device: bigint;
  readonly inode: bigint;
}

/** statx(2) */
export const AT_FDCWD = -100;
/** The file is the descriptor itself. */
export const AT_EMPTY_PATH = 0x1000;
const STATX_INO = 0x100;
const STX_INO_WORD = 4;
const STX_DEV_WORD = 17;
/** One for all calls, so that a lookup makes no buffers. */
const statx = new BigUint64Array(32);

const NO_PATH = toCString("");

/**
 * Identifies the file at a path. Links are followed.
 *
 * Source: statx(2).
 */
export function readIdentity(
  libc: Libc,
  path: ReturnType<typeof toCString>,
): Identity | undefined {
  return identify(libc, AT_FDCWD, path, 0);
}

/**
 * Identifies an open file.
 *
 * Source: statx(2).
 */
export function readIdentityOfFd(libc: Libc, fd: number): Identity | undefined {
  return identify(libc, fd, NO_PATH, AT_EMPTY_PATH);
}

/** Whether two identities are of one file. */
export function isSameIdentity(
  a: Identity | undefined,
  b: Identity | undefined,
): boolean {
  return a !== undefined && b !== undefined && a.inode === b.inode &&
    a.device === b.device;
}

function identify(
  libc: Libc,
  folder: number,
  path: ReturnType<typeof toCString>,
  flags: number,
): Identity | undefined {
  // Old versions of libc have no statx.
  const failed = libc.statx?.(folder, path, flags, STATX_INO, statx) !== 0;
  if (failed) return undefined;
  return {
    device: statx[STX_DEV_WORD] ?? 0n,
    inode: statx[STX_INO_WORD] ?? 0n,
  };
}
