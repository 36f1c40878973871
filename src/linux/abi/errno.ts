/** Error numbers: include/uapi/asm-generic/errno-base.h and errno.h of Linux. */

export const ENOENT = 2;
export const EAGAIN = 11;
export const EEXIST = 17;
export const ENODEV = 19;
export const ENOTDIR = 20;
export const EISDIR = 21;
export const EINVAL = 22;
export const ENOTTY = 25;
export const ENOSYS = 38;
export const EOPNOTSUPP = 95;

/** Ours: the number could not be read. It is above MAX_ERRNO of the kernel. */
export const UNKNOWN_ERRNO = 4096;

const TEXTS: Readonly<Record<number, string>> = {
  1: "operation not permitted",
  [ENOENT]: "no such file or directory",
  4: "interrupted system call",
  5: "input/output error",
  6: "no such device or address",
  9: "bad file descriptor",
  10: "no child processes",
  12: "cannot allocate memory",
  13: "permission denied",
  16: "device or resource busy",
  [EEXIST]: "file exists",
  18: "invalid cross-device link",
  [ENODEV]: "no such device",
  [ENOTDIR]: "not a directory",
  [EISDIR]: "is a directory",
  [EINVAL]: "invalid argument",
  23: "too many open files in system",
  24: "too many open files",
  [ENOTTY]: "inappropriate ioctl for device",
  27: "file too large",
  28: "no space left on device",
  30: "read-only file system",
  36: "file name too long",
  [ENOSYS]: "function not implemented",
  40: "too many levels of symbolic links",
  [EOPNOTSUPP]: "operation not supported",
  97: "address family not supported by protocol",
  105: "no buffer space available",
  [UNKNOWN_ERRNO]: "unknown error",
};

/** The text of an error number, in the words of Go's `syscall` package. */
export function errnoText(errno: number): string {
  return TEXTS[errno] ?? `errno ${errno}`;
}
