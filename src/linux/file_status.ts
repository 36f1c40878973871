/** What a file is, and which one: statx(2). */
import { ENOSYS } from "./abi/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  STATX,
  STATX_ATTR_MOUNT_ROOT,
  STATX_BASIC_STATS,
  STATX_INO,
} from "./abi/file.ts";
import { callLibc, type CString, toCString } from "./call.ts";
import type { Libc } from "./symbols/libc.ts";

export interface FileStatus {
  /** Of its file system, as `/proc/self/mountinfo` writes it, such as `0:4`. */
  readonly device: string;
  readonly inode: string;
  readonly uid: number;
  /** Its permission bits. */
  readonly mode: number;
  /** No folder, link, pipe, socket or device. */
  readonly isPlain: boolean;
  readonly isFolder: boolean;
  /** How many names it has; 0 after it was removed. */
  readonly links: number;
  readonly size: number;
  /** When it was last changed, in seconds, such as `1764085819.522320362`. */
  readonly changed: string;
  /** Whether something is mounted here, and this is it. */
  readonly isMountRoot: boolean;
}

/** What tells a file from all others that exist at the same time. */
export interface Identity {
  /** An opaque number: compare it only with that of another identity. */
  readonly device: bigint;
  readonly inode: bigint;
}

/** One buffer for all calls, so that a lookup allocates none. */
const words = new BigUint64Array(STATX.size / 8);
const fields = new DataView(words.buffer);
const LITTLE_ENDIAN = true;
const EMPTY_PATH = toCString("");

/** Fills the buffer. Follows links. `file` is a path or a descriptor. */
function statx(libc: Libc, file: CString | number, mask: number): number {
  const status = typeof file === "number"
    ? libc.statx?.(file, EMPTY_PATH, AT_EMPTY_PATH, mask, words)
    : libc.statx?.(AT_FDCWD, file, 0, mask, words);
  return status ?? -1;
}

/** Describes a file, or returns the negative `errno`. Follows links. */
export function readFileStatus(
  libc: Libc,
  file: string | number,
): FileStatus | number {
  const which = typeof file === "number" ? file : toCString(file);
  const status = libc.statx === null
    ? -ENOSYS
    : callLibc(libc, () => statx(libc, which, STATX_BASIC_STATS));
  if (status < 0) return status;
  const word = (offset: number) => fields.getUint32(offset, LITTLE_ENDIAN);
  const long = (offset: number) => fields.getBigUint64(offset, LITTLE_ENDIAN);
  const mode = fields.getUint16(STATX.stx_mode, LITTLE_ENDIAN);
  const nanoseconds = `${word(STATX.stx_ctime_nsec)}`.padStart(9, "0");
  return {
    device: `${word(STATX.stx_dev_major)}:${word(STATX.stx_dev_minor)}`,
    inode: `${long(STATX.stx_ino)}`,
    uid: word(STATX.stx_uid),
    mode: mode & ~S_IFMT,
    isPlain: (mode & S_IFMT) === S_IFREG,
    isFolder: (mode & S_IFMT) === S_IFDIR,
    links: word(STATX.stx_nlink),
    size: Number(long(STATX.stx_size)),
    changed: `${long(STATX.stx_ctime_sec)}.${nanoseconds}`,
    isMountRoot: (long(STATX.stx_attributes) & STATX_ATTR_MOUNT_ROOT) !== 0n,
  };
}

/** Identifies the file at a path, or of a descriptor. Follows links. */
export function readIdentity(
  libc: Libc,
  file: CString | number,
): Identity | undefined {
  if (statx(libc, file, STATX_INO) !== 0) return undefined;
  return {
    device: words[STATX.stx_dev_major / 8] ?? 0n,
    inode: words[STATX.stx_ino / 8] ?? 0n,
  };
}

/**
 * Whether two files are the same. Unknown ones are not. The kernel may give the
 * inode number of a removed file to a new one.
 */
export function isSameFile<T>(
  a: { readonly device: T; readonly inode: T } | undefined,
  b: { readonly device: T; readonly inode: T } | undefined,
): boolean {
  return a !== undefined && b !== undefined && a.inode === b.inode &&
    a.device === b.device;
}
