/** What is at a path: which network namespace, or what else. */
import { requireVmConfError } from "../errors.ts";
import { ENOENT, ENOTDIR, ENOTTY, errnoText } from "./abi/errno.ts";
import { O_NONBLOCK } from "./abi/file.ts";
import { CLONE_NEWNET, SO_NETNS_COOKIE, SOL_SOCKET } from "./abi/net.ts";
import { callLibc, closeAtEnd, openFile } from "./call.ts";
import { readFileStatus } from "./file_status.ts";
import {
  canBeNamespace,
  type OpenNetns,
  openNetns,
  readNamespaceType,
} from "./netns.ts";
import { DEVICE_SOCKET } from "./netdevice.ts";
import { openSocketInNetns } from "./netns_enter.ts";
import { readProcFile } from "./proc.ts";
import type { Libc } from "./symbols/libc.ts";

export interface NetnsFound {
  readonly kind: "netns";
  readonly device: string;
  readonly inode: string;
  /**
   * When the kernel made this file of the namespace. It stays the same while the
   * namespace is mounted; a later namespace of the same inode number has another.
   */
  readonly since?: string;
}

/** What is at a path: this namespace, certainly nothing, or something else. */
export type NetnsState =
  | NetnsFound
  | { readonly kind: "absent" }
  | { readonly kind: "other"; readonly found: string }
  | { readonly kind: "unknown"; readonly reason: string };

/** Examines what is at a path. Follows links, and never blocks. */
export function examineNetns(libc: Libc, path: string): NetnsState {
  // First: opening a file of another kind may act, as for a tape.
  const isCandidate = canBeNamespace(libc, path);
  if (typeof isCandidate === "number") return stateOfFailure(isCandidate);
  if (!isCandidate) return { kind: "other", found: "a file of another kind" };
  const fd = openFile(libc, path, O_NONBLOCK);
  if (fd < 0) return stateOfFailure(fd);
  using _file = closeAtEnd(libc, fd);
  const type = callLibc(libc, () => readNamespaceType(libc, fd));
  if (type < 0 && type !== -ENOTTY) return stateOfFailure(type);
  if (type !== CLONE_NEWNET) {
    return { kind: "other", found: "no network namespace" };
  }
  const status = readFileStatus(libc, fd);
  if (typeof status === "number") return stateOfFailure(status);
  const { device, inode, changed, isMountRoot } = status;
  return { kind: "netns", device, inode, ...isMountRoot && { since: changed } };
}

function stateOfFailure(status: number): NetnsState {
  return status === -ENOENT || status === -ENOTDIR
    ? { kind: "absent" }
    : { kind: "unknown", reason: errnoText(-status) };
}

/**
 * Reads the number of a network namespace that no other one gets in this boot;
 * `undefined` if the kernel does not tell. Since Linux 5.14.
 */
export function readNetnsCookie(
  libc: Libc,
  netns: OpenNetns,
): string | undefined {
  return orUndefined(() => {
    const socket = openSocketInNetns(libc, netns, DEVICE_SOCKET);
    using _socket = closeAtEnd(libc, socket);
    const cookie = new BigUint64Array(1);
    const size = Uint32Array.of(cookie.byteLength);
    const status = libc.getsockopt(
      socket,
      SOL_SOCKET,
      SO_NETNS_COOKIE,
      cookie,
      size,
    );
    return status === 0 ? `${cookie[0]}` : undefined;
  });
}

/** Reads the number of the namespace at a path; see {@linkcode readNetnsCookie}. */
export function readNetnsCookieAt(
  libc: Libc,
  path: string,
  task: string,
): string | undefined {
  return orUndefined(() => {
    using netns = openNetns(libc, path, task);
    return readNetnsCookie(libc, netns);
  });
}

function orUndefined<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    requireVmConfError(error);
    return undefined;
  }
}

/** proc_pid_mountinfo(5): where in a line the root and the mount point are. */
const ROOT = 3;
const MOUNT_POINT = 4;

/**
 * Tells whether a namespace is mounted at a path, maybe beneath something else;
 * `undefined` if the mounts cannot be read.
 */
export function isNetnsMountedAt(
  libc: Libc,
  path: string,
  inode: string,
): boolean | undefined {
  const mounts = readProcFile(libc, "/proc/thread-self/mountinfo");
  return mounts?.split("\n").map((line) => line.split(" ")).some((fields) =>
    fields[ROOT] === `net:[${inode}]` &&
    unescapeMountPoint(fields[MOUNT_POINT] ?? "") === path
  );
}

function unescapeMountPoint(text: string): string {
  return text.replace(
    /\\([0-7]{3})/g,
    (_, code) => String.fromCharCode(parseInt(code, 8)),
  );
}
