/** Error numbers of Linux, for the wording of messages; from errno(3). */

const TEXTS: Readonly<Record<number, string>> = {
  1: "operation not permitted",
  2: "no such file or directory",
  4: "interrupted system call",
  5: "input/output error",
  6: "no such device or address",
  9: "bad file descriptor",
  12: "cannot allocate memory",
  13: "permission denied",
  16: "device or resource busy",
  17: "file exists",
  19: "no such device",
  20: "not a directory",
  22: "invalid argument",
  23: "too many open files in system",
  24: "too many open files",
  28: "no space left on device",
  30: "read-only file system",
  36: "file name too long",
  40: "too many levels of symbolic links",
  97: "address family not supported by protocol",
  105: "no buffer space available",
};

/**
 * The text of an error number, in the words of Go's `syscall` package.
 *
 * @param errno The number; 0 if it is not known.
 * @returns Its text.
 */
export function errnoText(errno: number): string {
  return TEXTS[errno] ?? (errno === 0 ? "unknown error" : `errno ${errno}`);
}
