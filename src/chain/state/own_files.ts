/**
 * The files that the chain keeps in its cache folder: written whole and synced,
 * read with suspicion.
 */
import { quote, VmConfError } from "../../errors.ts";
import { type Context, emitNote, requirePermission } from "../context.ts";
import { describeSystemError, getErrnoName, type System } from "../system.ts";

/** What was found where a small file was expected. */
export type FileContent =
  | { readonly kind: "text"; readonly text: string; readonly time: number }
  | { readonly kind: "absent" }
  /** There is something that can never be used. */
  | { readonly kind: "malformed"; readonly reason: string }
  /** It cannot be read at the moment. */
  | { readonly kind: "unreadable"; readonly reason: string };

/** How a file may be read. */
interface ReadRules {
  /** The most bytes that it may have. */
  readonly longest: number;
  /** Whether it may be a link: what people configure, unlike what we keep. */
  readonly followLinks: boolean;
}

/** Records of libcni hold a whole configuration and a result. */
const LONGEST_RECORD = 2 ** 22;

/** How what the chain keeps is read. */
export const OWN_FILE: ReadRules = {
  longest: LONGEST_RECORD,
  followLinks: false,
};

/** How what people configure is read. */
export const CONFIG_FILE: ReadRules = { longest: 2 ** 20, followLinks: true };

const NOTHING = ["ENOENT", "ENOTDIR"];

/** Reads a small plain file. Anything else is not opened: a pipe would block. */
export function readSmallFile(
  system: System,
  path: string,
  { longest, followLinks }: ReadRules,
): FileContent {
  try {
    const seen = followLinks ? system.stat(path) : system.lstat(path);
    if (!seen.isFile) return malformedFile(`it is ${describeFileType(seen)}`);
    const file = system.open(path, { read: true });
    try {
      const opened = system.fstat(file);
      if (opened.ino !== seen.ino || opened.dev !== seen.dev) {
        return { kind: "unreadable", reason: "it was replaced meanwhile" };
      }
      if (!followLinks && !isTrusted(system, path, opened)) {
        return malformedFile(
          `others may write it, or user ${opened.uid} owns it`,
        );
      }
      if (opened.size > longest) {
        return malformedFile(`it has over ${longest} bytes`);
      }
      const text = readAll(system, file, opened.size);
      return { kind: "text", text, time: opened.mtime?.getTime() ?? 0 };
    } finally {
      file.close();
    }
  } catch (error) {
    return NOTHING.includes(getErrnoName(error))
      ? { kind: "absent" }
      : { kind: "unreadable", reason: describeSystemError(error) };
  }
}

function malformedFile(reason: string): FileContent {
  return { kind: "malformed", reason };
}

function describeFileType({ isSymlink, isDirectory }: Deno.FileInfo): string {
  return isSymlink ? "a link" : isDirectory ? "a folder" : "no plain file";
}

/** Root's, or that of whoever owns the folder, whose owner was checked. */
function isTrusted(
  system: System,
  path: string,
  { uid, mode }: Deno.FileInfo,
): boolean {
  const folder = system.stat(path.slice(0, path.lastIndexOf("/")) || "/");
  return (uid === 0 || uid === folder.uid) &&
    ((mode ?? 0) & OTHERS_WRITE) === 0;
}

function readAll(system: System, file: Deno.FsFile, size: number): string {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const count = system.read(file, bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}

/** The folders in the cache folder. */
const FOLDERS = {
  /** libcni's records, and ours. */
  results: "results",
  /** Ours alone; it is what the lock of everything hangs on. */
  own: "vmconf",
  locks: "vmconf/locks",
  /** Which namespaces were made here. */
  netns: "vmconf/netns",
  /** Files that are not finished yet. */
  unfinished: "vmconf/unfinished",
} as const;

/** A folder in the cache folder. */
export type CacheFolder = keyof typeof FOLDERS;

/** The path of a folder in the cache folder. */
export function getCacheFolder(
  { cacheDir }: Context,
  name: CacheFolder,
): string {
  return `${cacheDir}/${FOLDERS[name]}`;
}

/** Makes sure that the cache folder may be read and written. */
export function requireCachePermission({ cacheDir: path }: Context): void {
  for (const name of ["read", "write"] as const) {
    requirePermission(
      { name, path },
      `to ${name} ${path}`,
      `--allow-read=${path} --allow-write=${path}`,
    );
  }
}

const OTHERS_WRITE = 0o022;

/**
 * Makes the folders of the cache, as far as they are not there, and refuses those
 * that others may change: they could have us write and run what they like.
 */
export function createCacheFolders(context: Context): void {
  const { cacheDir, system } = context;
  const user = system.kernel("failed to examine the cache folder").geteuid();
  makeFolder(system, cacheDir);
  withCacheError(
    "examine",
    cacheDir,
    () => checkFolder(system.stat(cacheDir), cacheDir, user),
  );
  for (const name of Object.keys(FOLDERS) as CacheFolder[]) {
    const path = getCacheFolder(context, name);
    makeFolder(system, path);
    withCacheError(
      "examine",
      path,
      () => checkFolder(system.lstat(path), path, user),
    );
  }
}

function makeFolder(system: System, path: string): void {
  withCacheError("make", path, () => {
    try {
      system.stat(path);
    } catch (error) {
      if (getErrnoName(error) !== "ENOENT") throw error;
      makeNewFolders(system, path);
    }
  });
}

/** Folders above are looked at only if they are missing: it takes permission. */
function makeNewFolders(system: System, path: string): void {
  try {
    makeNewFolder(system, path);
  } catch (error) {
    const above = path.slice(0, path.lastIndexOf("/"));
    if (getErrnoName(error) !== "ENOENT" || above === "") throw error;
    makeNewFolders(system, above);
    makeNewFolder(system, path);
  }
}

function makeNewFolder(system: System, path: string): void {
  try {
    system.mkdir(path, 0o700);
  } catch (error) {
    // Another process was faster.
    if (getErrnoName(error) !== "EEXIST") throw error;
  }
}

function checkFolder(info: Deno.FileInfo, path: string, user: number): void {
  const { isDirectory, uid, mode } = info;
  const isOurs = uid === 0 || uid === user;
  if (isDirectory && isOurs && ((mode ?? 0) & OTHERS_WRITE) === 0) return;
  throw new VmConfError(
    "cache-failed",
    `Cannot use ${
      quote(path)
    }: expected a folder that only its owner, root or user ${user}, may write, found ${
      isDirectory
        ? `mode ${
          ((mode ?? 0) & 0o7777).toString(8).padStart(4, "0")
        } of user ${uid}`
        : info.isSymlink
        ? "a link"
        : "no folder"
    }`,
    {
      hint: isDirectory
        ? `Others could have vmconf write and run what they like. If the folder is yours: \`chmod go-w ${path}\`.`
        : "Use another folder: --cache-dir DIR (in code: cacheDir).",
    },
  );
}

/** How a file is put where it belongs. */
export interface WriteOptions {
  /** Whether something must not be there already. */
  readonly isNew?: boolean;
}

/**
 * Writes a file, whole or not at all, whatever happens meanwhile; when this
 * returns, the disk has it.
 */
export function writeFileAtomically(
  context: Context,
  containerID: string,
  path: string,
  text: string,
  { isNew = false }: WriteOptions = {},
): void {
  const { system } = context;
  const folder = getCacheFolder(context, "unfinished");
  const unfinished = `${folder}/${containerID}:${crypto.randomUUID()}`;
  withCacheError("write", path, () => {
    try {
      writeNewFile(system, unfinished, text);
      if (isNew) linkNewFile(system, unfinished, path);
      else {
        system.rename(unfinished, path);
        syncFolder(system, path);
      }
    } finally {
      removeQuietly(system, unfinished);
    }
  });
}

function linkNewFile(system: System, unfinished: string, path: string): void {
  system.link(unfinished, path);
  try {
    syncFolder(system, path);
  } catch (error) {
    removeQuietly(system, path);
    throw error;
  }
}

function writeNewFile(system: System, path: string, text: string): void {
  const options = { write: true, createNew: true, mode: 0o600 };
  const file = system.open(path, options);
  try {
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) {
      written += system.write(file, bytes.subarray(written));
    }
    system.sync(file);
  } finally {
    file.close();
  }
}

function syncFolder(system: System, path: string): void {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const file = system.open(folder, { read: true });
  try {
    system.sync(file);
  } finally {
    file.close();
  }
}

/** What is left here is removed by the container's next operation. */
function removeQuietly(system: System, path: string): void {
  try {
    system.remove(path);
  } catch {
    // It was renamed, or was never made.
  }
}

/** Removes a file; that it is not there is no failure. */
export function removeFile({ system }: Context, path: string): void {
  withCacheError("remove", path, () => {
    try {
      system.remove(path);
    } catch (error) {
      if (!NOTHING.includes(getErrnoName(error))) throw error;
    }
  });
}

/** Removes what a crash left half written. */
export function removeUnfinishedFiles(
  context: Context,
  containerID?: string,
): void {
  const folder = getCacheFolder(context, "unfinished");
  for (const name of listNames(context, folder)) {
    const [owner] = name.split(":");
    if (containerID !== undefined && owner !== containerID) continue;
    removeStray(context, `${folder}/${name}`);
  }
}

/** Removes a file that blocks nothing. If that fails, prints a note. */
export function removeStray(context: Context, path: string): void {
  try {
    removeFile(context, path);
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    emitNote(context, error.message);
  }
}

/** Lists the names in a folder. */
export function listNames({ system }: Context, folder: string): string[] {
  return withCacheError("read", folder, () => {
    try {
      return system.readDir(folder).sort();
    } catch (error) {
      if (NOTHING.includes(getErrnoName(error))) return [];
      throw error;
    }
  });
}

function withCacheError<T>(what: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof VmConfError) throw cause;
    throw new VmConfError(
      "cache-failed",
      `Cannot ${what} ${quote(path)}: ${describeSystemError(cause)}`,
      { cause },
    );
  }
}
