/** Network namespaces: is there one at a path, and opening it. */
import { quote, VmConfError } from "../errors.ts";
import { EINVAL, ENOENT, ENOTDIR, errnoText } from "./abi/errno.ts";
import {
  NSFS_MAGIC,
  O_CLOEXEC,
  O_NONBLOCK,
  PROC_SUPER_MAGIC,
  STATFS_WORDS,
} from "./abi/file.ts";
import { NS_GET_NSTYPE } from "./abi/net.ts";
import { borrowCString, callLibc, type CString, toCString } from "./call.ts";
import type { Libc } from "./symbols/libc.ts";

/** A thread's own namespace. `/proc/self` is the first thread's. */
export const OWN_NETNS = "/proc/thread-self/ns/net";

/** A network namespace that is open, and why. */
export interface OpenNetns {
  readonly fd: number;
  /** The namespace's path, for messages. */
  readonly path: string;
  /** How messages begin, such as `failed to find MTU`. */
  readonly task: string;
}

/**
 * Opens a network namespace. Whether the file is one, and not a namespace of
 * another kind, is found out when it is entered.
 */
export function openNetns(
  libc: Libc,
  path: string,
  task: string,
): OpenNetns & Disposable {
  const file = borrowCString(path);
  // First, as Go does it: opening a file of another kind may block or act.
  const magic = path.includes("\0") ? -EINVAL : readMagic(libc, file);
  if (typeof magic === "number") {
    throw notFound(
      path,
      `failed to Statfs ${quote(path)}: ${errnoText(-magic)}`,
      path === ""
        ? "The tap has no sandbox in the result, so its namespace is not known."
        : "Has the namespace been deleted, or is it in another mount namespace? `ip netns list` shows those that have a name.",
    );
  }
  if (!isNamespaceMagic(magic)) {
    throw notFound(
      path,
      `unknown FS magic on ${quote(path)}: ${magic.toString(16)}`,
      "It is a file of another kind: give the path of a network namespace, such as one that `ip netns add` made in /run/netns.",
    );
  }
  const fd = callLibc(libc, () => libc.open(file, O_NONBLOCK | O_CLOEXEC, 0));
  if (fd < 0) {
    throw notFound(path, `failed to open ${quote(path)}: ${errnoText(-fd)}`);
  }
  return { fd, path, task, [Symbol.dispose]: () => void libc.close(fd) };
}

function notFound(path: string, reason: string, hint?: string): VmConfError {
  return new VmConfError(
    "invalid-netns",
    `failed to find netns at path ${quote(path)}: ${reason}`,
    { hint },
  );
}

const statfs = new BigUint64Array(STATFS_WORDS);

/** Reads the type of the file system that a path is in, or a negative `errno`. */
function readMagic(libc: Libc, path: CString): bigint | number {
  const status = callLibc(libc, () => libc.statfs(path, statfs));
  return status < 0 ? status : statfs[0] ?? 0n;
}

/** Whether a file system has namespaces' files. */
function isNamespaceMagic(magic: bigint): boolean {
  return magic === NSFS_MAGIC || magic === PROC_SUPER_MAGIC;
}

/** Whether a path may be a namespace's file, or a negative `errno`. */
export function canBeNamespace(libc: Libc, path: string): boolean | number {
  const magic = readMagic(libc, toCString(path));
  return typeof magic === "number" ? magic : isNamespaceMagic(magic);
}

/**
 * Whether a network namespace is gone: nothing is at its path, or the plain file
 * that it was mounted on.
 */
export function isNetnsGone(libc: Libc, path: string): boolean {
  const found = canBeNamespace(libc, path);
  return found === false || found === -ENOENT || found === -ENOTDIR;
}

/** Reads of what kind a namespace is: ioctl_ns(2). */
export function readNamespaceType(libc: Libc, fd: number): number {
  return libc.ioctl(fd, NS_GET_NSTYPE, null);
}
