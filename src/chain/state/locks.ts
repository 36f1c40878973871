/**
 * Locks: `add`, `check` and `del` of one container, or in one namespace, exclude each
 * other; `gc` excludes all of them.
 *
 * Everybody takes locks in this order: the global one, the container's, those of namespaces
 * (by path, then by inode). Their files are in our own folder, where nobody else can lock
 * them. Plugins inherit them: after a crash the plugin that still runs holds them
 * until it ends.
 */
import { quote, VmConfError } from "../../errors.ts";
import { isCniName } from "../../names.ts";
import {
  type Lock,
  tryLockFile,
  tryLockFolder,
} from "../../linux/lock_file.ts";
import { findProcessesWithFile } from "../../linux/processes.ts";
import { type Context, throwIfInterrupted } from "../context.ts";
import { type CacheFolder, getCacheFolder, listNames } from "./cache_folder.ts";
import { removeStray } from "./own_files.ts";

/** How messages about locks begin. */
const TASK = "failed to lock";

const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 20;

/**
 * Holds the global lock: shared with others, or alone. Who waits to hold it alone
 * holds the turnstile meanwhile, which stops new operations.
 */
export async function withGlobalLock<T>(
  context: Context,
  kind: "shared" | "exclusive",
  act: (context: Context) => Promise<T>,
): Promise<T> {
  const turnstile = await acquireFolder(context, "locks", kind);
  let lock: Lock;
  try {
    lock = await acquireFolder(context, "own", kind);
  } finally {
    turnstile.release();
  }
  return await holdLock(context, lock, act);
}

/** Holds the lock of `/run/netns`, which every container may have to prepare. */
export async function withNamedFolderLock(
  context: Context,
  act: () => void,
): Promise<void> {
  const lock = await acquireFolder(context, "netns", "exclusive");
  try {
    act();
  } finally {
    lock.release();
  }
}

function acquireFolder(
  context: Context,
  name: CacheFolder,
  kind: "shared" | "exclusive",
): Promise<Lock> {
  const path = getCacheFolder(context, name);
  const take = () =>
    tryLockFolder(context.system.kernel(TASK), path, kind, TASK);
  const what = `the cache folder ${quote(context.cacheDir)}`;
  return acquire(context, { what, path, take });
}

/** Holds the locks of containers or namespaces. */
export function withLocks<T>(
  context: Context,
  names: readonly string[],
  act: (context: Context) => Promise<T>,
): Promise<T> {
  const [name, ...rest] = names;
  if (name === undefined) return act(context);
  return withLock(
    context,
    name,
    (context) => withLocks(context, rest, act),
  );
}

async function withLock<T>(
  context: Context,
  name: string,
  act: (context: Context) => Promise<T>,
): Promise<T> {
  const path = await getLockPath(context, name);
  const take = () => tryLockFile(context.system.kernel(TASK), path, TASK);
  const what = isCniName(name) ? `the container ${quote(name)}` : quote(name);
  const lock = await acquire(context, { what, path, take });
  return await holdLock(context, lock, act);
}

async function holdLock<T>(
  context: Context,
  lock: Lock,
  act: (context: Context) => Promise<T>,
): Promise<T> {
  try {
    return await act({ ...context, locks: [...context.locks, lock.fd] });
  } finally {
    lock.release();
  }
}

/**
 * Removes the files of locks that a crash left. Only for the holder of the exclusive
 * lock of everything: nobody else holds a lock then.
 */
export function removeLockFiles(context: Context): void {
  const folder = getCacheFolder(context, "locks");
  for (const name of listNames(context, folder)) {
    removeStray(context, `${folder}/${name}`);
  }
}

interface Lockable {
  /** The name of what is locked, for messages. */
  readonly what: string;
  readonly path: string;
  /** Undefined if somebody else holds it. */
  readonly take: () => Lock | undefined;
}

async function acquire(
  context: Context,
  { what, path, take }: Lockable,
): Promise<Lock> {
  const { system, timeoutMs } = context;
  const deadline = system.now() + timeoutMs;
  for (
    let pause = SHORTEST_PAUSE_MS;;
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  ) {
    throwIfInterrupted(context);
    const lock = take();
    if (lock !== undefined) return lock;
    if (system.now() > deadline) throw busyError(context, what, path);
    await system.pause(pause);
  }
}

/** File systems allow 255 bytes. */
const LONGEST_NAME = 200;

/** One file for each name: one operation may hold several locks. */
async function getLockPath(context: Context, name: string): Promise<string> {
  const plain = encodeURIComponent(name);
  const file = plain.length <= LONGEST_NAME ? plain : await hashText(plain);
  return `${getCacheFolder(context, "locks")}/${file}`;
}

async function hashText(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(
    new Uint8Array(digest),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

function busyError(context: Context, what: string, path: string): VmConfError {
  const holders = findProcessesWithFile(context.system.kernel(TASK), path)
    .map(({ pid, command }) => `${pid} (${command})`);
  return new VmConfError(
    "busy",
    `${TASK} ${what}: expected to get the lock within ${context.timeoutMs} ms, but another operation holds it, or a plugin that a crash left running`,
    {
      hint: holders.length === 0
        ? `vmconf sees no process that has ${path} open. It may belong to another user.`
        : `Processes that have ${path} open: ${holders.join(", ")}.`,
    },
  );
}
