/**
 * The few functions of libc that a lookup takes, each by the thinnest wrapper.
 *
 * Pointers are numbers here (`usize`), so that a scoped `--allow-ffi` suffices;
 * no call is `nonblocking`: a thread that is started inside another namespace
 * stays there for good.
 */
import { errnoText, UNKNOWN_ERRNO } from "./errno.ts";

/** The prototypes; a handle on libnl-route resolves these too. */
export const LIBC = {
  /** `int statfs(const char *path, struct statfs *buf)` */
  statfs: { parameters: ["buffer", "buffer"], result: "i32" },
  /** `int statx(int dirfd, const char *path, int flags, unsigned int mask, struct statx *buf)`; newer than the rest */
  statx: {
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
    optional: true,
  },
  /** `int open(const char *path, int flags)` */
  open: { parameters: ["buffer", "i32"], result: "i32" },
  /** `int close(int fd)` */
  close: { parameters: ["i32"], result: "i32" },
  /** `int ioctl(int fd, unsigned long request, void *arg)` */
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  /** `int setns(int fd, int nstype)` */
  setns: { parameters: ["i32", "i32"], result: "i32" },
  /** `int socket(int domain, int type, int protocol)` */
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  /** `void _exit(int status)` */
  _exit: { parameters: ["i32"], result: "void" },
  /** `int *__errno_location(void)` */
  __errno_location: { parameters: [], result: "usize" },
  /** `void *memcpy(void *dest, const void *src, size_t n)` */
  memcpy: { parameters: ["buffer", "usize", "usize"], result: "usize" },
  /** `size_t strlen(const char *s)` */
  strlen: { parameters: ["usize"], result: "usize" },
  /** `const char *gnu_get_libc_version(void)`; glibc's alone */
  gnu_get_libc_version: { parameters: [], result: "usize", optional: true },
} as const satisfies Deno.ForeignLibraryInterface;

/** libc's functions, ready to be called. */
export type Libc = Deno.StaticForeignLibraryInterface<typeof LIBC>;

const ENCODER = new TextEncoder();

/** Encodes a text as a C string. */
export function toCString(text: string): ReturnType<TextEncoder["encode"]> {
  return ENCODER.encode(`${text}\0`);
}

/** PATH_MAX of the kernel, which counts the NUL: no longer path is taken. */
const borrowed = new Uint8Array(4096);

/**
 * Encodes a text as a C string that is good until the next one is borrowed: a
 * lookup that makes no buffers leaves none to be collected.
 */
export function borrowCString(text: string): ReturnType<typeof toCString> {
  const { read, written } = ENCODER.encodeInto(text, borrowed);
  if (read < text.length || written === borrowed.length) return toCString(text);
  borrowed[written] = 0;
  return borrowed;
}

/** Copies a C string. */
export function readCString(libc: Libc, pointer: bigint): string {
  const bytes = new Uint8Array(Number(libc.strlen(pointer)));
  libc.memcpy(bytes, pointer, BigInt(bytes.length));
  return new TextDecoder().decode(bytes);
}

/** How often a call is made whose reason for failing keeps changing. */
const MOST_ATTEMPTS = 10;

/**
 * Makes a call, and again until two failures have the same reason.
 *
 * V8's own calls can change `errno` before it is read, rarely, so one reading is
 * not to be trusted. Only for calls that may be made twice.
 */
export function callLibc(libc: Libc, call: () => number): number {
  let before = UNKNOWN_ERRNO;
  for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts++) {
    const value = call();
    if (value >= 0) return value;
    const reason = lastErrno(libc);
    if (reason !== UNKNOWN_ERRNO && reason === before) return -reason;
    before = reason;
  }
  return -UNKNOWN_ERRNO;
}

/**
 * Makes a call as {@linkcode callLibc} does, for those who only need words.
 */
export function attempt(libc: Libc, call: () => number): number | string {
  const value = callLibc(libc, call);
  return value < 0 ? errnoText(-value) : value;
}

/** What a futex of V8 leaves behind; no call that is made here gives it. */
const EAGAIN = 11;

const errno = new Int32Array(1);

/** The number of the last error, which may be wrong. */
function lastErrno(libc: Libc): number {
  libc.memcpy(errno, libc.__errno_location(), 4n);
  const [value = 0] = errno;
  return value === 0 || value === EAGAIN ? UNKNOWN_ERRNO : value;
}

const SIOCGIFMTU = 0x8921n;
const IFR_MTU_WORD = 4;
const ifreq = new Int32Array(10);
const ifreqName = new Uint8Array(ifreq.buffer, 0, 16);

/** Asks for a device's MTU by an ioctl, as libc alone can: netdevice(7). */
export function mtuByIoctl(
  libc: Libc,
  fd: number,
  device: string,
): number | string {
  ENCODER.encodeInto(device, ifreqName.fill(0));
  const status = attempt(libc, () => libc.ioctl(fd, SIOCGIFMTU, ifreq));
  return typeof status === "string" ? status : ifreq[IFR_MTU_WORD] ?? 0;
}

/** The text of ENODEV. */
export const NO_DEVICE: string = errnoText(19);
