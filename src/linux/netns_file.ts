/**
 * Named network namespaces: making one, mounting it on a file, removing it.
 *
 * Each function is one step, so that the caller can note what it is about to do
 * between two of them.
 */
import { quote } from "../errors.ts";
import {
  EEXIST,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  EOPNOTSUPP,
} from "./abi/errno.ts";
import {
  AT_FDCWD,
  AT_SYMLINK_FOLLOW,
  MNT_DETACH,
  MS_BIND,
  MS_REC,
  MS_SHARED,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDWR,
  O_TMPFILE,
} from "./abi/file.ts";
import {
  callLibc,
  closeAtEnd,
  type CString,
  mustCallLibc,
  openFile,
  systemCallError,
  toCString,
} from "./call.ts";
import { type FileStatus, isSameFile, readFileStatus } from "./file_status.ts";
import { openNewNetns } from "./netns_enter.ts";
import type { NetnsFound } from "./netns_state.ts";
import type { Libc } from "./symbols/libc.ts";

/** Where `ip netns` keeps the namespaces that it names. */
export const NAMED_NETNS_DIR = "/run/netns";

/** A descriptor, and which file it is of. */
export interface OpenFile {
  readonly fd: number;
  readonly status: FileStatus;
}

/** Makes a network namespace that has no name yet. */
export function makeNetns(libc: Libc, path: string, task: string): OpenFile {
  const netns = describeOpenFile(libc, openNewNetns(libc, path, task));
  if (typeof netns !== "number") return netns;
  throw systemCallError(`${task}: failed to examine ${quote(path)}`, netns);
}

/**
 * Makes an empty file to mount a namespace on. Where the file system supports it,
 * it has no name yet, so that its inode number can be noted before anybody sees it.
 */
export function makeMountPoint(
  libc: Libc,
  path: string,
  task: string,
): OpenFile & { readonly isNamed: boolean } {
  const folder = path.slice(0, path.lastIndexOf("/")) || "/";
  const unnamed = openFile(libc, folder, O_TMPFILE | O_RDWR, 0o444);
  const isNamed = unnamed === -EOPNOTSUPP || unnamed === -EISDIR;
  const fd = isNamed
    ? openFile(libc, path, O_CREAT | O_EXCL | O_NOFOLLOW, 0o444)
    : unnamed;
  const file = describeOpenFile(libc, fd);
  if (typeof file !== "number") return { ...file, isNamed };
  throw systemCallError(`${task}: failed to make ${quote(path)}`, file);
}

/** Gives a file its name. Fails if something has that name. */
export function nameMountPoint(
  libc: Libc,
  fd: number,
  path: string,
  task: string,
): void {
  const [from, to] = [fdPath(fd), toCString(path)];
  mustCallLibc(
    libc,
    `${task}: failed to make ${quote(path)}`,
    () => libc.linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW),
  );
}

/**
 * Mounts a namespace on a file: on this very file, whatever its path leads to by
 * now.
 */
export function mountNetns(
  libc: Libc,
  netns: number,
  path: string,
  file: FileStatus,
  task: string,
): void {
  const what = `${task}: failed to mount netns at path ${quote(path)}`;
  const found = openWithoutFollowing(libc, path);
  if (typeof found === "number") throw systemCallError(what, found);
  using _file = closeAtEnd(libc, found.fd);
  if (!isSameFile(found.status, file)) throw systemCallError(what, -EEXIST);
  const [from, to] = [fdPath(netns), fdPath(found.fd)];
  mustCallLibc(libc, what, () => bindMount(libc, from, to));
}

/** Which files {@linkcode removeNetnsFile} may remove. */
export interface MadeFiles {
  /** The namespace. */
  readonly netns: Omit<NetnsFound, "kind">;
  /** The empty file that it is mounted on. */
  readonly file: Pick<FileStatus, "device" | "inode">;
}

/**
 * Removes the name of a network namespace, which ends with its last user. Removes
 * only what was made, and tells whether something else is still at the path.
 */
export function removeNetnsFile(
  libc: Libc,
  path: string,
  made: MadeFiles,
  task: string,
): boolean {
  const what = `${task}: failed to remove netns path ${quote(path)}`;
  const found = openWithoutFollowing(libc, path);
  if (found === -ENOENT || found === -ENOTDIR) return false;
  if (typeof found === "number") throw systemCallError(what, found);
  using _file = closeAtEnd(libc, found.fd);
  const { since = found.status.changed } = made.netns;
  const isMade = since === found.status.changed &&
    isSameFile(found.status, made.netns);
  if (isMade) {
    // By the descriptor: exactly the mount that was examined.
    const mounted = fdPath(found.fd);
    mustCallLibc(libc, what, () => libc.umount2(mounted, MNT_DETACH));
    return removeNetnsFile(libc, path, made, task);
  }
  const { isPlain, size } = found.status;
  const isOurs = isSameFile(found.status, made.file) && isPlain && size === 0;
  if (!isOurs) return true;
  const file = toCString(path);
  const status = callLibc(libc, () => libc.unlink(file));
  if (status < 0 && status !== -ENOENT) throw systemCallError(what, status);
  return false;
}

/**
 * Makes `/run/netns` and makes it a shared mount, as `ip netns` does, so that
 * other mount namespaces see what is in it.
 *
 * The caller holds a lock: if two did this at once, the second mount would hide
 * the files of the first.
 */
export function prepareNamedFolder(libc: Libc, task: string): void {
  const folder = toCString(NAMED_NETNS_DIR);
  const made = callLibc(libc, () => libc.mkdir(folder, 0o755));
  if (made < 0 && made !== -EEXIST) {
    throw systemCallError(
      `${task}: failed to make ${quote(NAMED_NETNS_DIR)}`,
      made,
    );
  }
  const what = `${task}: failed to share ${quote(NAMED_NETNS_DIR)}`;
  const share = () => libc.mount(NONE, folder, NONE, MS_SHARED | MS_REC, null);
  const shared = callLibc(libc, share);
  if (shared >= 0) return;
  // EINVAL: it is not a mount. A second mount on top of one would stay for good.
  if (shared !== -EINVAL) throw systemCallError(what, shared);
  mustCallLibc(libc, what, () => bindMount(libc, folder, folder, MS_REC));
  mustCallLibc(libc, what, share);
}

const NONE = toCString("none");

function bindMount(
  libc: Libc,
  from: CString,
  to: CString,
  flags = 0n,
): number {
  return libc.mount(from, to, NONE, MS_BIND | flags, null);
}

function fdPath(fd: number): CString {
  return toCString(`/proc/self/fd/${fd}`);
}

/** Neither follows a link nor opens what is behind it. */
function openWithoutFollowing(libc: Libc, path: string): OpenFile | number {
  return describeOpenFile(libc, openFile(libc, path, O_PATH | O_NOFOLLOW));
}

/** Closes the file if it cannot be described. `fd` may be a negative `errno`. */
function describeOpenFile(libc: Libc, fd: number): OpenFile | number {
  if (fd < 0) return fd;
  const status = readFileStatus(libc, fd);
  if (typeof status !== "number") return { fd, status };
  libc.close(fd);
  return status;
}
