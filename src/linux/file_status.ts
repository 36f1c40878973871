/** What a file is, and which one: the facts that tell it from every other. */
import { AT_EMPTY_PATH, AT_FDCWD } from "./identity.ts";
import { callLibc, type Libc, toCString } from "./libc.ts";

/** A file as the kernel describes it. */
export interface FileStatus {
  /** Its file system, as `/proc/self/mountinfo` writes it, such as `0:4`. */
  readonly device: string;
  /** Its number in that file system. */
  readonly inode: string;
  /** The numeric id of its owner. */
  readonly uid: number;
  /** Its permission bits. */
  readonly mode: number;
  /** Whether it is a plain file: no folder, link, pipe, socket or device. */
  readonly isPlain: boolean;
  /** Whether it is a folder. */
  readonly isFolder: boolean;
  /** How many names it has; 0 once it was removed. */
  readonly links: number;
  /** Its length in bytes. */
  readonly size: number;
  /** When it was changed last, in seconds, such as `1764085819.522320362`. */
  readonly changed: string;
  /** Whether something is mounted here, and this is it. */
  readonly isMountRoot: boolean;
}

/** The system call that is needed in addition to those of a lookup. */
export const STATX = {
  /** `int statx(int dirfd, const char *path, int flags, unsigned int mask, struct statx *buf)` */
  statx: {
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

type Calls = Libc & Deno.StaticForeignLibraryInterface<typeof STATX>;

/** statx(2) */
const STATX_BASIC_STATS = 0x7ff;
const STATX_SIZE = 256;
const STATX_ATTR_MOUNT_ROOT = 0x2000n;
const LITTLE_ENDIAN = true;

/** inode(7) */
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;

const EMPTY_PATH = toCString("");

/**
 * Describes a file, following links.
 *
 * Source: statx(2).
 */
export function readFileStatus(
  calls: Calls,
  file: string | number,
): FileStatus | number {
  const statx = new DataView(new ArrayBuffer(STATX_SIZE));
  const [folder, path, flags] = typeof file === "number"
    ? [file, EMPTY_PATH, AT_EMPTY_PATH]
    : [AT_FDCWD, toCString(file), 0];
  const status = callLibc(
    calls,
    () => calls.statx(folder, path, flags, STATX_BASIC_STATS, statx),
  );
  if (status < 0) return status;
  const word = (offset: number) => statx.getUint32(offset, LITTLE_ENDIAN);
  const long = (offset: number) => statx.getBigUint64(offset, LITTLE_ENDIAN);
  const mode = statx.getUint16(28, LITTLE_ENDIAN);
  return {
    device: `${word(136)}:${word(140)}`,
    inode: `${long(32)}`,
    uid: word(20),
    mode: mode & ~S_IFMT,
    isPlain: (mode & S_IFMT) === S_IFREG,
    isFolder: (mode & S_IFMT) === S_IFDIR,
    links: word(16),
    size: Number(long(40)),
    changed: `${long(96)}.${`${word(104)}`.padStart(9, "0")}`,
    isMountRoot: (long(8) & STATX_ATTR_MOUNT_ROOT) !== 0n,
  };
}
