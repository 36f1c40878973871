/** Network namespaces: opening one, and making a socket inside it. */
import { printable, quote, VmConfError } from "../errors.ts";
import {
  CLONE_NEWNET,
  enterNetns,
  O_RDONLY_NONBLOCK_CLOEXEC,
} from "./netns_enter.ts";
import { ENOENT, ENOTDIR } from "./errno.ts";
import {
  attempt,
  borrowCString,
  callLibc,
  type Libc,
  toCString,
} from "./libc.ts";
import { otherWays } from "./library.ts";

/** File systems that namespaces' files belong to: statfs(2). */
const NSFS_MAGIC = 0x6e73_6673n;
const PROC_SUPER_MAGIC = 0x9fa0n;
const statfs = new BigUint64Array(15);

/** ioctl_ns(2) and setns(2). */
const NS_GET_NSTYPE = 0xb703n;

/** socket(2): what a socket is for. */
export interface SocketType {
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
}

const SOCK_CLOEXEC = 0o2000000;

/** `NETLINK_ROUTE`, as libnl-route speaks it. */
export const ROUTE_SOCKET: SocketType = {
  domain: 16,
  type: 3 | SOCK_CLOEXEC,
  protocol: 0,
};

/** Any socket will do for netdevice(7). */
export const DEVICE_SOCKET: SocketType = {
  domain: 2,
  type: 2 | SOCK_CLOEXEC,
  protocol: 0,
};

/**
 * Opens a network namespace. That it is one, and none of another kind, is found
 * by the kernel when it is entered.
 */
export function openNetns(libc: Libc, path: string, task: string): OpenNetns {
  // Asked first, as Go does: opening another kind of file may block or act.
  const file = borrowCString(path);
  const magic = fileSystemOf(libc, path, file);
  if (!isNamespaceFile(magic)) {
    throw notFound(
      path,
      `unknown FS magic on ${quote(path)}: ${magic.toString(16)}`,
      "It is a file of another kind: give the path of a network namespace, such as one that `ip netns add` made in /run/netns.",
    );
  }
  const fd = attempt(libc, () => libc.open(file, O_RDONLY_NONBLOCK_CLOEXEC));
  if (typeof fd === "string") {
    throw notFound(path, `failed to open ${quote(path)}: ${fd}`);
  }
  return { fd, path, task };
}

function fileSystemOf(
  libc: Libc,
  path: string,
  file: ReturnType<typeof toCString>,
): bigint {
  const status = path.includes("\0")
    ? "invalid argument"
    : attempt(libc, () => libc.statfs(file, statfs));
  if (typeof status === "number") return statfs[0] ?? 0n;
  throw notFound(
    path,
    `failed to Statfs ${quote(path)}: ${status}`,
    path === ""
      ? "The tap has no sandbox in the result, so nobody knows its namespace."
      : "Has the namespace been deleted, or is it in another mount namespace? `ip netns list` shows those that have a name.",
  );
}

/**
 * Tells which file system a path is in.
 *
 * Source: statfs(2).
 */
export function readFileSystem(libc: Libc, path: string): bigint | number {
  const file = toCString(path);
  const status = callLibc(libc, () => libc.statfs(file, statfs));
  return status < 0 ? status : statfs[0] ?? 0n;
}

/** Whether namespaces' files belong to a file system. */
export function isNamespaceFile(magic: bigint): boolean {
  return magic === NSFS_MAGIC || magic === PROC_SUPER_MAGIC;
}

/**
 * Whether a network namespace is gone: there is nothing at its path, or the
 * plain file that it was once mounted on.
 */
export function isNetnsGone(libc: Libc, path: string): boolean {
  const magic = readFileSystem(libc, path);
  return typeof magic === "number"
    ? magic === -ENOENT || magic === -ENOTDIR
    : !isNamespaceFile(magic);
}

/** A network namespace that is open, and what it is opened for. */
export interface OpenNetns {
  /** The descriptor; it stays open. */
  readonly fd: number;
  /** The namespace's file, for messages. */
  readonly path: string;
  /** How messages begin, such as `failed to find MTU`. */
  readonly task: string;
}

/** Makes a socket inside a network namespace; see {@linkcode openInNetns}. */
export function openSocketInNetns(
  libc: Libc,
  netns: OpenNetns,
  { domain, type, protocol }: SocketType,
): number {
  return openInNetns(
    libc,
    netns,
    "make a socket",
    () => libc.socket(domain, type, protocol),
  );
}

/**
 * Makes something inside a network namespace, and comes straight back; see
 * {@linkcode enterNetns}.
 */
export function openInNetns(
  libc: Libc,
  { fd, path, task }: OpenNetns,
  deed: string,
  make: () => number,
): number {
  return enterNetns(libc, {
    task,
    path,
    enter: () => libc.setns(fd, CLONE_NEWNET),
    denied: (reason) =>
      isNetwork(libc, fd)
        ? mayNotEnter(task, path, reason)
        : notNetwork(task, path),
    deed: () => `${deed} in netns ${quote(path)}`,
    make,
  });
}

function isNetwork(libc: Libc, fd: number): boolean {
  return readNamespaceType(libc, fd) === CLONE_NEWNET;
}

/**
 * Asks of what kind a namespace is.
 *
 * Source: ioctl_ns(2).
 */
export function readNamespaceType(libc: Libc, fd: number): number {
  return libc.ioctl(fd, NS_GET_NSTYPE, null);
}

function notNetwork(task: string, path: string): VmConfError {
  return new VmConfError(
    "invalid-netns",
    `${task}: ${switching(path)}: invalid argument`,
    { hint: "The file is there, but it is not a network namespace." },
  );
}

function mayNotEnter(task: string, path: string, reason: string): VmConfError {
  return new VmConfError(
    "netns-denied",
    `${task}: ${switching(path)}: ${reason}`,
    {
      hint:
        `Entering a network namespace takes CAP_SYS_ADMIN: run as root, or in \`unshare --map-root-user --net --mount\` for namespaces made there. ${
          otherWays(task)
        }`.trim(),
    },
  );
}

/** Go's words, which say it twice. */
function switching(path: string): string {
  const shown = printable(path);
  return `error switching to ns ${shown}: Error switching to ns ${shown}`;
}

function notFound(path: string, reason: string, hint?: string): VmConfError {
  return new VmConfError(
    "invalid-netns",
    `failed to find netns at path ${quote(path)}: ${reason}`,
    { hint },
  );
}
