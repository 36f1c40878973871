/** The files of the cache folder: written whole, and under a container's lock. */
import { quote, VmConfError } from "../errors.ts";
import { tryLock } from "../linux/lock_file.ts";
import { type Context, mayGoOn, mustBeGranted } from "./context.ts";

/** What is only ours, beside libcni's `results`. */
function ownFolder({ cacheDir }: Context, name: string): string {
  return `${cacheDir}/vmconf/${name}`;
}

/**
 * Makes sure that the cache folder may be read and written.
 *
 * @param context The folder.
 * @throws {VmConfError} `not-granted`
 */
export function mustUseCache({ cacheDir: path }: Context): void {
  for (const name of ["read", "write"] as const) {
    mustBeGranted(
      { name, path },
      `to ${name} ${path}`,
      `--allow-read=${path} --allow-write=${path}`,
    );
  }
}

/**
 * Makes a folder, and those above it.
 *
 * @param path The folder; only its owner may look into it.
 * @throws {VmConfError} `cache-failed`
 */
export function makeFolder(path: string): void {
  const options = { recursive: true, mode: 0o700 };
  failing("make", path, () => Deno.mkdirSync(path, options));
}

/**
 * Lists the names in a folder.
 *
 * @param folder The folder.
 * @returns The names, sorted; none if the folder is not there.
 * @throws {VmConfError} `cache-failed`
 */
export function namesIn(folder: string): string[] {
  const entries = failing("read", folder, () => [...Deno.readDirSync(folder)]);
  return (entries ?? []).map(({ name }) => name).sort();
}

/**
 * Reads a file.
 *
 * @param path The file.
 * @returns Its text, or `undefined` if it is not there.
 * @throws {VmConfError} `cache-failed`
 */
export function readText(path: string): string | undefined {
  return failing("read", path, () => Deno.readTextFileSync(path));
}

/**
 * Writes a file, whole or not at all, even if the process is killed meanwhile.
 *
 * @param context The folder.
 * @param containerID The container whose lock is held.
 * @param path The file.
 * @param text Its text.
 * @throws {VmConfError} `cache-failed`
 */
export function writeWhole(
  context: Context,
  containerID: string,
  path: string,
  text: string,
): void {
  const folder = ownFolder(context, "unfinished");
  makeFolder(folder);
  // What a crash leaves is overwritten by the container's next operation.
  const unfinished = `${folder}/${containerID}`;
  failing("write", path, () => {
    Deno.writeTextFileSync(unfinished, text, { mode: 0o600 });
    Deno.renameSync(unfinished, path);
  });
}

/**
 * Does something with a file of the cache.
 *
 * @param deed What is done, for messages, such as `read`.
 * @param path The file.
 * @param act Does it.
 * @returns What that gives; `undefined` if the file is not there.
 * @throws {VmConfError} `cache-failed`
 */
export function failing<T>(
  deed: string,
  path: string,
  act: () => T,
): T | undefined {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound && deed !== "write") {
      return undefined;
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VmConfError(
      "cache-failed",
      `Cannot ${deed} ${quote(path)}: ${reason}`,
      { cause },
    );
  }
}

const PAUSE_MS = 20;

/** How messages about locks begin. */
const TASK = "failed to lock the container";

/**
 * Does something while nobody else operates on the same container.
 *
 * After a crash this waits for the plugin that was running: it has the lock
 * until it has ended.
 *
 * @param context The folder, and how long to wait.
 * @param containerID The container.
 * @param act Does it.
 * @returns What that gives.
 * @throws {VmConfError} `busy` if another operation does not end in time;
 * `interrupted`; `ffi-denied` or `no-library`.
 */
export async function withLock<T>(
  context: Context,
  containerID: string,
  act: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + context.timeoutMs;
  while (true) {
    mayGoOn(context);
    const done = await withFreeLock(context, containerID, act);
    if (done !== undefined) return done.value;
    if (performance.now() > deadline) throw busy(context, containerID);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/**
 * Does something if nobody else operates on the same container.
 *
 * @param context The folder.
 * @param containerID The container.
 * @param act Does it.
 * @returns What that gives, or `undefined` if somebody else has the lock.
 */
export async function withFreeLock<T>(
  context: Context,
  containerID: string,
  act: () => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  makeFolder(ownFolder(context, "locks"));
  const release = tryLock(lockPath(context, containerID), TASK);
  if (release === undefined) return undefined;
  try {
    return { value: await act() };
  } finally {
    release();
  }
}

function lockPath(context: Context, containerID: string): string {
  return `${ownFolder(context, "locks")}/${containerID}`;
}

function busy(context: Context, containerID: string): VmConfError {
  const path = lockPath(context, containerID);
  return new VmConfError(
    "busy",
    `${TASK} ${
      quote(containerID)
    }: expected to get it within ${context.timeoutMs} ms, but another operation, or a plugin that a crash left running, has it`,
    { hint: `\`fuser -v ${path}\` shows which process that is.` },
  );
}

/** A namespace that was made for a container. */
interface NetnsNote {
  readonly netns: string;
}

/**
 * Remembers that a container's namespace is ours to remove.
 *
 * @param context The folder.
 * @param containerID The container, whose lock is held.
 * @param path The namespace's path.
 */
export function noteNetns(
  context: Context,
  containerID: string,
  path: string,
): void {
  const folder = ownFolder(context, "netns");
  makeFolder(folder);
  const note: NetnsNote = { netns: path };
  const text = JSON.stringify(note);
  writeWhole(context, containerID, `${folder}/${containerID}`, text);
}

/**
 * Tells which namespace was made for a container.
 *
 * @param context The folder.
 * @param containerID The container.
 * @returns The namespace's path, or `undefined` if none was made.
 */
export function notedNetns(
  context: Context,
  containerID: string,
): string | undefined {
  const path = `${ownFolder(context, "netns")}/${containerID}`;
  const text = readText(path);
  if (text === undefined) return undefined;
  const netns: unknown = failing("read", path, () => JSON.parse(text).netns);
  return typeof netns === "string" ? netns : undefined;
}

/**
 * Forgets the namespace of a container.
 *
 * @param context The folder.
 * @param containerID The container, whose lock is held.
 */
export function forgetNetns(context: Context, containerID: string): void {
  const path = `${ownFolder(context, "netns")}/${containerID}`;
  failing("remove", path, () => Deno.removeSync(path));
}

/**
 * Lists the containers that something is remembered of, finished or not.
 *
 * @param context The folder.
 * @returns Their ids.
 */
export function rememberedContainers(context: Context): string[] {
  const folders = ["locks", "netns", "unfinished"];
  const names = folders.flatMap((name) => namesIn(ownFolder(context, name)));
  return [...new Set(names)].sort();
}

/**
 * Removes what a crash left half written.
 *
 * @param context The folder.
 * @param containerID The container, whose lock is held.
 */
export function dropUnfinished(context: Context, containerID: string): void {
  const path = `${ownFolder(context, "unfinished")}/${containerID}`;
  failing("remove", path, () => Deno.removeSync(path));
}
