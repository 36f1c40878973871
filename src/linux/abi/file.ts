/** Files, file systems, mounts and locks. */

// open(2): asm-generic/fcntl.h. On arm64 asm/fcntl.h swaps some of the flags.
const isArm = Deno.build.arch === "aarch64";
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NONBLOCK = 0o4000;
export const O_DIRECTORY = isArm ? 0o40000 : 0o200000;
export const O_NOFOLLOW = isArm ? 0o100000 : 0o400000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;
export const O_TMPFILE = 0o20000000 | O_DIRECTORY;

// openat(2): linux/fcntl.h
export const AT_FDCWD = -100;
export const AT_SYMLINK_FOLLOW = 0x400;
export const AT_EMPTY_PATH = 0x1000;

/** PATH_MAX of linux/limits.h, with the NUL. */
export const PATH_MAX = 4096;

// statx(2): linux/stat.h
export const STATX_INO = 0x100;
export const STATX_BASIC_STATS = 0x7ff;
export const STATX_ATTR_MOUNT_ROOT = 0x2000n;

/** `struct statx`: its size, and where its members begin. */
export const STATX = {
  size: 256,
  stx_attributes: 8,
  stx_nlink: 16,
  stx_uid: 20,
  stx_mode: 28,
  stx_ino: 32,
  stx_size: 40,
  stx_ctime_sec: 96,
  stx_ctime_nsec: 104,
  stx_dev_major: 136,
  stx_dev_minor: 140,
} as const;

// inode(7): linux/stat.h
export const S_IFMT = 0o170000;
export const S_IFREG = 0o100000;
export const S_IFDIR = 0o040000;

/** `struct statfs` begins with the type: a word of these. */
export const STATFS_WORDS = 15;

// statfs(2): linux/magic.h
export const NSFS_MAGIC = 0x6e73_6673n;
export const PROC_SUPER_MAGIC = 0x9fa0n;

/** `struct dirent` of glibc and musl on 64 bits: where `d_name` begins. */
export const DIRENT_NAME = 19n;

// mount(2), umount2(2): linux/mount.h, linux/fs.h
export const MS_BIND = 4096n;
export const MS_REC = 16384n;
export const MS_SHARED = 1n << 20n;
export const MNT_DETACH = 2;

// flock(2): asm-generic/fcntl.h
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;

// fcntl(2): asm-generic/fcntl.h
export const F_SETFD = 2;
export const FD_CLOEXEC = 1;
