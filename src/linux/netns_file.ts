/** Network namespaces that have a name: a file that they are mounted on. */
import { quote, VmConfError } from "../errors.ts";
import { newNetns } from "./away.ts";
import { attempt, cString, type Libc } from "./libc.ts";
import { openFunctions, openLibrary } from "./library.ts";
import { checkIsNetwork, openNetns } from "./netns.ts";

/** The prototypes that making and removing takes beside those of a lookup. */
const FILES = {
  /** `int access(const char *path, int mode)` */
  access: { parameters: ["buffer", "i32"], result: "i32" },
  /** `int open(const char *path, int flags, mode_t mode)` */
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  /** `int flock(int fd, int operation)` */
  flock: { parameters: ["i32", "i32"], result: "i32" },
  /** `int mkdir(const char *path, mode_t mode)` */
  mkdir: { parameters: ["buffer", "u32"], result: "i32" },
  /** `int unlink(const char *path)` */
  unlink: { parameters: ["buffer"], result: "i32" },
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

type Files = Deno.StaticForeignLibraryInterface<typeof FILES>;

/** open(2), flock(2), mount(2), umount2(2). */
const O_CREAT_EXCL_CLOEXEC = 0o2000300;
const O_CLOEXEC = 0o2000000;
const LOCK_EX = 2;
const MS_BIND = 4096n;
const MS_REC = 16384n;
const MS_SHARED = 1n << 20n;
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

/** Where `ip netns` keeps the namespaces that it names. */
const NAMED = "/run/netns";

/**
 * Tells what is at a path.
 *
 * @param path The path.
 * @param task What it is asked for: how messages begin.
 * @returns Whether there is a network namespace; `false` if there is nothing.
 * @throws {VmConfError} `invalid-netns` if something else is there.
 */
export function isNetns(path: string, task: string): boolean {
  const { symbols } = openLibrary(task);
  if (!exists(openFunctions(FILES, task), path)) return false;
  const netns = openNetns(symbols, path, task);
  try {
    checkIsNetwork(symbols, netns);
  } finally {
    symbols.close(netns.fd);
  }
  return true;
}

function exists(files: Files, path: string): boolean {
  return files.access(cString(path), 0) === 0;
}

/**
 * Makes a network namespace, and mounts it on a new file.
 *
 * The folder is made if need be. `/run/netns` becomes a shared mount, as
 * `ip netns` makes it, so that other mount namespaces see what is in it.
 *
 * @param path The path of the file; nothing may be there.
 * @param task What it is for: how messages begin.
 * @throws {VmConfError} `netns-denied` if the process may not make one,
 * `system-call` if the file cannot be made or mounted; there is none then.
 */
export function createNetns(path: string, task: string): void {
  const libc: Libc = openLibrary(task).symbols;
  const files = openFunctions(FILES, task);
  const folder = path.slice(0, path.lastIndexOf("/")) || "/";
  makeFolders(files, folder);
  const fail = (deed: string, reason: string) =>
    new VmConfError("system-call", `${task}: failed to ${deed}: ${reason}`);
  const must = (deed: string, call: () => number) => {
    const value = attempt(libc, call);
    if (typeof value === "string") throw fail(deed, value);
    return value;
  };

  // As `ip netns` does: two that share the folder at once would hide the files
  // of one of them beneath a second mount.
  const lock = must(
    `open ${quote(folder)}`,
    () => files.open(cString(folder), O_CLOEXEC, 0),
  );
  try {
    must(`lock ${quote(folder)}`, () => files.flock(lock, LOCK_EX));
    if (folder === NAMED && !share(files, folder)) {
      must(`share ${quote(folder)}`, () => bind(files, folder, folder, MS_REC));
      share(files, folder);
    }
    libc.close(must(
      `make ${quote(path)}`,
      () => files.open(cString(path), O_CREAT_EXCL_CLOEXEC, 0o444),
    ));
  } finally {
    libc.close(lock);
  }
  try {
    const netns = newNetns(libc, files.unshare, path, task);
    try {
      must(
        `mount netns at path ${quote(path)}`,
        () => bind(files, `/proc/self/fd/${netns}`, path),
      );
    } finally {
      libc.close(netns);
    }
  } catch (error) {
    files.unlink(cString(path));
    throw error;
  }
}

/** Those that are there already stay as they are; what fails shows later. */
function makeFolders(files: Files, folder: string): void {
  const names = folder.split("/");
  for (let count = 2; count <= names.length; count++) {
    files.mkdir(cString(names.slice(0, count).join("/")), 0o755);
  }
}

/** Whether it is a mount of its own, which is shared from now on. */
function share(files: Files, folder: string): boolean {
  const none = cString("none");
  const flags = MS_SHARED | MS_REC;
  return files.mount(none, cString(folder), none, flags, null) === 0;
}

function bind(files: Files, from: string, to: string, flags = 0n): number {
  const type = cString("none");
  return files.mount(cString(from), cString(to), type, MS_BIND | flags, null);
}

/**
 * Takes the name from a network namespace: it ends with its last user.
 *
 * @param path The path of its file; a file that nothing is mounted on is
 * removed too, and nothing at all is no error.
 * @param task What it is for: how messages begin.
 * @throws {VmConfError} `system-call` if the file cannot be removed.
 */
export function removeNetns(path: string, task: string): void {
  const libc: Libc = openLibrary(task).symbols;
  const files = openFunctions(FILES, task);
  if (!exists(files, path)) return;
  const file = cString(path);
  files.umount2(file, MNT_DETACH | UMOUNT_NOFOLLOW);
  const removed = attempt(libc, () => files.unlink(file));
  if (typeof removed === "string" && exists(files, path)) {
    throw new VmConfError(
      "system-call",
      `${task}: failed to remove netns path ${quote(path)}: ${removed}`,
    );
  }
}
