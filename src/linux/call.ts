/** Calling C: texts, results and `errno`. */
import { VmConfError } from "../errors.ts";
import { EAGAIN, errnoText, UNKNOWN_ERRNO } from "./abi/errno.ts";
import { O_CLOEXEC, PATH_MAX } from "./abi/file.ts";
import type { Libc } from "./symbols/libc.ts";

/** A text that ends with a NUL. */
export type CString = ReturnType<TextEncoder["encode"]>;

const ENCODER = new TextEncoder();

/** Encodes a text as a C string. */
export function toCString(text: string): CString {
  return ENCODER.encode(`${text}\0`);
}

const borrowed = new Uint8Array(PATH_MAX);

/**
 * Encodes a text as a C string that is valid until the next one is borrowed. A
 * lookup that allocates no buffers leaves no garbage.
 */
export function borrowCString(text: string): CString {
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

/** How often a call is made whose `errno` keeps changing. */
const MAX_ATTEMPTS = 10;

/**
 * Makes a call of libc and returns its result, or the negative `errno` if it
 * failed, as the kernel itself does.
 *
 * V8 makes calls of its own, which rarely change `errno` before it is read. So a
 * failed call is made again until `errno` is the same twice. Use it only for
 * calls that may be made twice.
 */
export function callLibc(libc: Libc, call: () => number): number {
  let before = UNKNOWN_ERRNO;
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
    const value = call();
    if (value >= 0) return value;
    const reason = readErrno(libc);
    if (reason !== UNKNOWN_ERRNO && reason === before) return -reason;
    before = reason;
  }
  return -UNKNOWN_ERRNO;
}

const errno = new Int32Array(1);

/** Reads the number of the last error. It may be wrong. */
function readErrno(libc: Libc): number {
  libc.memcpy(errno, libc.__errno_location(), 4n);
  const [value = 0] = errno;
  // EAGAIN is what a futex of V8 leaves; no call that is made here gives it.
  return value === 0 || value === EAGAIN ? UNKNOWN_ERRNO : value;
}

/** `status` is the negative `errno` of the call. */
export function systemCallError(what: string, status: number): VmConfError {
  return new VmConfError("system-call", `${what}: ${errnoText(-status)}`);
}

/** Makes a call of libc that must not fail. */
export function mustCallLibc(
  libc: Libc,
  what: string,
  call: () => number,
): void {
  const status = callLibc(libc, call);
  if (status < 0) throw systemCallError(what, status);
}

/** Opens a file that child processes do not inherit. */
export function openFile(
  libc: Libc,
  path: string,
  flags: number,
  mode = 0,
): number {
  const file = toCString(path);
  return callLibc(libc, () => libc.open(file, flags | O_CLOEXEC, mode));
}

/** Closes a descriptor at the end of a block: `using _file = closeAtEnd(…)`. */
export function closeAtEnd(libc: Libc, fd: number): Disposable {
  return { [Symbol.dispose]: () => void libc.close(fd) };
}
