/**
 * Network namespaces that have a name: a file that they are mounted on.
 *
 * Each function is one step, so that whoever makes a namespace can note what it
 * is about to do between two of them.
 */
import { quote, VmConfError } from "../errors.ts";
import {
  CLONE_NEWNET,
  O_RDONLY_NONBLOCK_CLOEXEC,
  unshareNetns,
} from "./netns_enter.ts";
import { EEXIST, ENOENT, ENOTDIR, ENOTTY, errnoText } from "./errno.ts";
import { type FileStatus, readFileStatus, STATX } from "./file_status.ts";
import { AT_FDCWD } from "./identity.ts";
import { callLibc, type Libc, toCString } from "./libc.ts";
import { type OpenFileCalls, readProcFile } from "./open_files.ts";
import {
  DEVICE_SOCKET,
  isNamespaceFile,
  type OpenNetns,
  openNetns,
  openSocketInNetns,
  readFileSystem,
  readNamespaceType,
} from "./netns.ts";

/** The prototypes that making and removing takes beside those of a lookup. */
export const NETNS_FILES = {
  ...STATX,
  /** `int open(const char *path, int flags, mode_t mode)` */
  open_mode: {
    name: "open",
    parameters: ["buffer", "i32", "u32"],
    result: "i32",
  },
  /** `int linkat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, int flags)` */
  linkat: {
    parameters: ["i32", "buffer", "i32", "buffer", "i32"],
    result: "i32",
  },
  /** `int mkdir(const char *path, mode_t mode)` */
  mkdir: { parameters: ["buffer", "u32"], result: "i32" },
  /** `int unlink(const char *path)` */
  unlink: { parameters: ["buffer"], result: "i32" },
  /** `int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen)` */
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  /** `int unshare(int flags)` */
  unshare: { parameters: ["i32"], result: "i32" },
  /** `int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)` */
  mount: {
    parameters: ["buffer", "buffer", "buffer", "u64", "buffer"],
    result: "i32",
  },
  /** `int umount2(const char *target, int flags)` */
  umount2: { parameters: ["buffer", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions that named namespaces take. */
export type NetnsFiles =
  & Libc
  & Deno.StaticForeignLibraryInterface<typeof NETNS_FILES>;

/** open(2); two of the flags differ between architectures. */
const O_RDWR = 2;
const O_CREAT_EXCL = 0o300;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const isArm = Deno.build.arch === "aarch64";
const O_DIRECTORY = isArm ? 0o40000 : 0o200000;
const O_NOFOLLOW = isArm ? 0o100000 : 0o400000;
const O_TMPFILE = 0o20000000 | O_DIRECTORY;

/** linkat(2), mount(2), umount2(2). */
const AT_SYMLINK_FOLLOW = 0x400;
const MS_BIND = 4096n;
const MS_REC = 16384n;
const MS_SHARED = 1n << 20n;
const MNT_DETACH = 2;

/** What a file system says that cannot make files without a name. */
const EISDIR = 21;
const EOPNOTSUPP = 95;

/** What mount(2) says of a path where nothing is mounted. */
const EINVAL = 22;

/** Where `ip netns` keeps the namespaces that it names. */
export const NAMED_NETNS_DIR = "/run/netns";

/** A network namespace that is at a path. */
export interface NetnsFound {
  readonly kind: "netns";
  readonly device: string;
  readonly inode: string;
  /**
   * Since when the kernel has this file of it. While it is mounted that stays, and
   * tells it from a later namespace that was given the same inode number.
   */
  readonly since?: string;
}

/** What is at a path. */
export type NetnsState =
  /** A network namespace: this one. */
  | NetnsFound
  /** Certainly nothing. */
  | { readonly kind: "absent" }
  /** Certainly something else. */
  | { readonly kind: "other"; readonly found: string }
  /** It could not be looked at. */
  | { readonly kind: "unknown"; readonly reason: string };

/** Looks at what is at a path. Follows links, and never blocks. */
export function examineNetns(calls: NetnsFiles, path: string): NetnsState {
  // Asked first: opening another kind of file may act, as for a tape.
  const magic = readFileSystem(calls, path);
  if (typeof magic === "number") return failedToLook(magic);
  if (!isNamespaceFile(magic)) {
    return { kind: "other", found: "a file of another kind" };
  }
  const file = toCString(path);
  const fd = callLibc(
    calls,
    () => calls.open(file, O_RDONLY_NONBLOCK_CLOEXEC),
  );
  if (fd < 0) return failedToLook(fd);
  try {
    const type = callLibc(calls, () => readNamespaceType(calls, fd));
    if (type < 0 && type !== -ENOTTY) return failedToLook(type);
    if (type !== CLONE_NEWNET) {
      return { kind: "other", found: "no network namespace" };
    }
    const status = readFileStatus(calls, fd);
    if (typeof status === "number") return failedToLook(status);
    const { device, inode, changed, isMountRoot } = status;
    return {
      kind: "netns",
      device,
      inode,
      ...isMountRoot && { since: changed },
    };
  } finally {
    calls.close(fd);
  }
}

function failedToLook(status: number): NetnsState {
  return status === -ENOENT || status === -ENOTDIR
    ? { kind: "absent" }
    : { kind: "unknown", reason: errnoText(-status) };
}

/** socket(7) */
const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;
const COOKIE_SIZE = 8;

/**
 * Asks for the number of a network namespace that no other one gets in this boot.
 *
 * Source: the kernel's `SO_NETNS_COOKIE`.
 */
export function readNetnsCookie(
  calls: NetnsFiles,
  netns: OpenNetns,
): string | undefined {
  let socket: number;
  try {
    socket = openSocketInNetns(calls, netns, DEVICE_SOCKET);
  } catch (error) {
    if (error instanceof VmConfError) return undefined;
    throw error;
  }
  const cookie = new BigUint64Array(1);
  const size = Uint32Array.of(COOKIE_SIZE);
  const status = calls.getsockopt(
    socket,
    SOL_SOCKET,
    SO_NETNS_COOKIE,
    cookie,
    size,
  );
  calls.close(socket);
  return status === 0 ? `${cookie[0]}` : undefined;
}

/**
 * Asks for the number of the namespace at a path; see {@linkcode readNetnsCookie}.
 */
export function readNetnsCookieAt(
  calls: NetnsFiles,
  path: string,
  task: string,
): string | undefined {
  let netns: OpenNetns;
  try {
    netns = openNetns(calls, path, task);
  } catch (error) {
    if (error instanceof VmConfError) return undefined;
    throw error;
  }
  try {
    return readNetnsCookie(calls, netns);
  } finally {
    calls.close(netns.fd);
  }
}

/** A descriptor, and which file it is of. */
export interface OpenFile {
  readonly fd: number;
  readonly status: FileStatus;
}

/**
 * Makes a network namespace that has no name yet. It lives as long as its
 * descriptor.
 */
export function makeNetns(
  calls: NetnsFiles,
  path: string,
  task: string,
): OpenFile {
  const fd = unshareNetns(calls, (flags) => calls.unshare(flags), path, task);
  return withStatus(calls, fd, path, task);
}

/**
 * Makes an empty file to mount a namespace on. Where the file system can, it has
 * no name yet, so that its number can be noted before it is seen.
 */
export function makeMountPoint(
  calls: NetnsFiles,
  path: string,
  task: string,
): OpenFile & { readonly isNamed: boolean } {
  const folder = toCString(path.slice(0, path.lastIndexOf("/")) || "/");
  const unnamed = callLibc(
    calls,
    () => calls.open_mode(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0o444),
  );
  const isNamed = unnamed === -EOPNOTSUPP || unnamed === -EISDIR;
  const flags = O_CREAT_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const fd = isNamed
    ? callLibc(calls, () => calls.open_mode(toCString(path), flags, 0o444))
    : unnamed;
  if (fd < 0) throw failed(task, `make ${quote(path)}`, fd);
  return { ...withStatus(calls, fd, path, task), isNamed };
}

/** Gives a file its name, if nothing has it. */
export function nameMountPoint(
  calls: NetnsFiles,
  fd: number,
  path: string,
  task: string,
): void {
  const from = toCString(`/proc/self/fd/${fd}`);
  const to = toCString(path);
  const status = callLibc(
    calls,
    () => calls.linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW),
  );
  if (status < 0) throw failed(task, `make ${quote(path)}`, status);
}

/**
 * Mounts a namespace on a file: on this very file, whatever else its path leads
 * to by now.
 */
export function mountNetns(
  calls: NetnsFiles,
  netns: number,
  path: string,
  file: FileStatus,
  task: string,
): void {
  const what = `mount netns at path ${quote(path)}`;
  const found = openAt(calls, path);
  if (typeof found === "number") throw failed(task, what, found);
  try {
    if (!isSameFile(found.status, file)) throw failed(task, what, -EEXIST);
    const status = callLibc(calls, () =>
      bind(
        calls,
        `/proc/self/fd/${netns}`,
        `/proc/self/fd/${found.fd}`,
      ));
    if (status < 0) throw failed(task, what, status);
  } finally {
    calls.close(found.fd);
  }
}

/** Which files {@linkcode removeNetnsFile} may take away. */
export interface MadeFiles {
  /** The namespace. */
  readonly netns: Omit<NetnsFound, "kind">;
  /** The empty file that it is mounted on. */
  readonly file: Pick<FileStatus, "device" | "inode">;
}

/**
 * Takes the name from a network namespace: it ends with its last user. What is
 * not exactly what was made is left.
 */
export function removeNetnsFile(
  calls: NetnsFiles,
  path: string,
  made: MadeFiles,
  task: string,
): boolean {
  const what = `remove netns path ${quote(path)}`;
  const found = openAt(calls, path);
  if (found === -ENOENT || found === -ENOTDIR) return false;
  if (typeof found === "number") throw failed(task, what, found);
  try {
    const { since = found.status.changed } = made.netns;
    const isMade = since === found.status.changed &&
      isSameFile(found.status, made.netns);
    if (isMade) {
      // By the descriptor: exactly the mount that was looked at.
      const mounted = toCString(`/proc/self/fd/${found.fd}`);
      const status = callLibc(
        calls,
        () => calls.umount2(mounted, MNT_DETACH),
      );
      if (status < 0) throw failed(task, what, status);
      return removeNetnsFile(calls, path, made, task);
    }
    const { isPlain, size } = found.status;
    const isOurs = isSameFile(found.status, made.file) && isPlain && size === 0;
    if (!isOurs) return true;
    const file = toCString(path);
    const status = callLibc(calls, () => calls.unlink(file));
    if (status < 0 && status !== -ENOENT) throw failed(task, what, status);
    return false;
  } finally {
    calls.close(found.fd);
  }
}

/** proc_pid_mountinfo(5): where in a line the root and the mount point are. */
const ROOT = 3;
const MOUNT_POINT = 4;

/**
 * Tells whether a namespace is mounted at a path beneath something else.
 *
 * Source: proc_pid_mountinfo(5).
 */
export function isNetnsMountedAt(
  calls: NetnsFiles & OpenFileCalls,
  path: string,
  inode: string,
): boolean | undefined {
  const mounts = readProcFile(calls, "/proc/thread-self/mountinfo");
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

/**
 * Makes sure that `/run/netns` is there and is a shared mount, as `ip netns`
 * makes it, so that other mount namespaces see what is in it.
 *
 * Two that do this at once would hide the files of one of them beneath a second
 * mount: the caller holds a lock.
 */
export function prepareNamedFolder(calls: NetnsFiles, task: string): void {
  const folder = toCString(NAMED_NETNS_DIR);
  const made = callLibc(calls, () => calls.mkdir(folder, 0o755));
  if (made < 0 && made !== -EEXIST) {
    throw failed(task, `make ${quote(NAMED_NETNS_DIR)}`, made);
  }
  const what = `share ${quote(NAMED_NETNS_DIR)}`;
  const shared = share(calls);
  if (shared >= 0) return;
  // A second mount on top of the first one would stay for good.
  if (shared !== -EINVAL) throw failed(task, what, shared);
  const bound = callLibc(
    calls,
    () => bind(calls, NAMED_NETNS_DIR, NAMED_NETNS_DIR, MS_REC),
  );
  if (bound < 0) throw failed(task, what, bound);
  const afterwards = share(calls);
  if (afterwards < 0) throw failed(task, what, afterwards);
}

/** Fails with EINVAL where it is no mount of its own. */
function share(calls: NetnsFiles): number {
  const none = toCString("none");
  const folder = toCString(NAMED_NETNS_DIR);
  const flags = MS_SHARED | MS_REC;
  return callLibc(
    calls,
    () => calls.mount(none, folder, none, flags, null),
  );
}

function bind(
  calls: NetnsFiles,
  from: string,
  to: string,
  flags = 0n,
): number {
  const type = toCString("none");
  return calls.mount(
    toCString(from),
    toCString(to),
    type,
    MS_BIND | flags,
    null,
  );
}

/** Without following a link, and without opening what is behind it. */
function openAt(calls: NetnsFiles, path: string): OpenFile | number {
  const file = toCString(path);
  const flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  const fd = callLibc(calls, () => calls.open(file, flags));
  if (fd < 0) return fd;
  const status = readFileStatus(calls, fd);
  if (typeof status !== "number") return { fd, status };
  calls.close(fd);
  return status;
}

function withStatus(
  calls: NetnsFiles,
  fd: number,
  path: string,
  task: string,
): OpenFile {
  const status = readFileStatus(calls, fd);
  if (typeof status !== "number") return { fd, status };
  calls.close(fd);
  throw failed(task, `examine ${quote(path)}`, status);
}

function isSameFile(
  a: Pick<FileStatus, "device" | "inode">,
  b: Pick<FileStatus, "device" | "inode">,
): boolean {
  return a.device === b.device && a.inode === b.inode;
}

function failed(task: string, what: string, status: number): VmConfError {
  return new VmConfError(
    "system-call",
    `${task}: failed to ${what}: ${errnoText(-status)}`,
  );
}
