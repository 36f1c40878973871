/** Error numbers of Linux; from errno(3). */

/** Stands for a reason that cannot be known; the kernel gives no such number. */
export const UNKNOWN_ERRNO = 4096;

/** Nothing is at a path. */
export const ENOENT = 2;
/** Something is at a path already. */
export const EEXIST = 17;
/** There is no such device. */
export const ENODEV = 19;
/** A part of a path is a file. */
export const ENOTDIR = 20;
/** The file does not know the request. */
export const ENOTTY = 25;

const TEXTS: Readonly<Record<number, string>> = {
  1: "operation not permitted",
  2: "no such file or directory",
  4: "interrupted system call",
  5: "input/output error",
  6: "no such device or address",
  9: "bad file descriptor",
  10: "no child processes",
  12: "cannot allocate memory",
  13: "permission denied",
  16: "device or resource busy",
  17: "file exists",
  18: "invalid cross-device link",
  19: "no such device",
  20: "not a directory",
  21: "is a directory",
  22: "invalid argument",
  23: "too many open files in system",
  24: "too many open files",
  28: "no space left on device",
  25: "inappropriate ioctl for device",
  27: "file too large",
  30: "read-only file system",
  36: "file name too long",
  38: "function not implemented",
  40: "too many levels of symbolic links",
  95: "operation not supported",
  97: "address family not supported by protocol",
  105: "no buffer space available",
};

/** The text of an error number, in the words of Go's `syscall` package. */
export function errnoText(errno: number): string {
  return TEXTS[errno] ??
    (errno === UNKNOWN_ERRNO ? "unknown error" : `errno ${errno}`);
}
