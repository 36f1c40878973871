/**
 * The files in the cache folder: written as a whole and synced, and read without
 * trusting them.
 */
import { quote, VmConfError } from "../../errors.ts";
import {
  type Context,
  emitNote,
  requirePermission,
  requireVmConfError,
} from "../context.ts";
import { describeSystemError, getErrnoName, type System } from "../system.ts";

/** Why a file has no content that can be used. */
type Missing =
  | { readonly kind: "absent" }
  /** What is there can never be used. */
  | { readonly kind: "malformed"; readonly reason: string }
  /** It cannot be read at the moment. */
  | { readonly kind: "unreadable"; readonly reason: string };

/** The content of a small file; `time` is when it was written. */
export type FileContent =
  | { readonly kind: "text"; readonly text: string; readonly time: number }
  | Missing;

/** The content of a JSON file. */
export type JsonContent =
  | { readonly kind: "json"; readonly value: unknown; readonly time: number }
  | Missing;

interface ReadRules {
  /** The most bytes that the file may have. */
  readonly longest: number;
  /** Whether the file may be a link, as configurations may. */
  readonly followLinks: boolean;
}

/** Records of libcni hold a whole configuration and a result. */
const OWN_FILE: ReadRules = { longest: 2 ** 22, followLinks: false };

export const CONFIG_FILE: ReadRules = { longest: 2 ** 20, followLinks: true };

const ABSENT = ["ENOENT", "ENOTDIR"];

/** Reads a file of the cache folder. */
export function readOwnJson(system: System, path: string): JsonContent {
  const content = readSmallFile(system, path, OWN_FILE);
  if (content.kind !== "text") return content;
  try {
    const value: unknown = JSON.parse(content.text);
    return { kind: "json", value, time: content.time };
  } catch {
    return malformedFile("it is no JSON document");
  }
}

/** Opens only plain files: a pipe would block. */
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
    return ABSENT.includes(getErrnoName(error))
      ? { kind: "absent" }
      : { kind: "unreadable", reason: describeSystemError(error) };
  }
}

function malformedFile(reason: string): Missing {
  return { kind: "malformed", reason };
}

function describeFileType({ isSymlink, isDirectory }: Deno.FileInfo): string {
  return isSymlink ? "a link" : isDirectory ? "a folder" : "no plain file";
}

/** Root owns it, or the owner of the folder, who was checked. */
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
  /** Only ours. The lock of everything is the lock of this folder. */
  own: "vmconf",
  locks: "vmconf/locks",
  /** Notes of the namespaces that vmconf made. */
  netns: "vmconf/netns",
  /** Files that are not finished yet. */
  unfinished: "vmconf/unfinished",
} as const;

export type CacheFolder = keyof typeof FOLDERS;

export function getCacheFolder(
  { cacheDir }: Context,
  name: CacheFolder,
): string {
  return `${cacheDir}/${FOLDERS[name]}`;
}

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
 * Makes the missing folders of the cache. Refuses a folder that others may write:
 * they could make vmconf write and run what they like.
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

/** Looks at folders above only if they are missing: it needs permission. */
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
    // Another process made it first.
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
        ? `Others could make vmconf write and run what they like. If the folder is yours: \`chmod go-w ${path}\`.`
        : "Use another folder: --cache-dir DIR (in code: cacheDir).",
    },
  );
}

/** A file of the cache folder that is to be written. */
export interface OwnFile {
  readonly path: string;
  readonly value: unknown;
  /** Whose next operation removes what a crash left half written. */
  readonly owner: string;
  /** Whether the file must not exist yet. */
  readonly isNew?: boolean;
}

/**
 * Writes a JSON file as a whole or not at all, even if vmconf crashes. When this
 * returns, the file is on the disk.
 */
export function writeOwnJson(
  context: Context,
  { path, value, owner, isNew = false }: OwnFile,
): void {
  const { system } = context;
  const text = JSON.stringify(value);
  const folder = getCacheFolder(context, "unfinished");
  const unfinished = `${folder}/${owner}:${crypto.randomUUID()}`;
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

/** What is left is removed by the owner's next operation. */
function removeQuietly(system: System, path: string): void {
  try {
    system.remove(path);
  } catch {
    // It was renamed, or never made.
  }
}

/** A missing file is no failure. */
export function removeFile({ system }: Context, path: string): void {
  withCacheError("remove", path, () => {
    try {
      system.remove(path);
    } catch (error) {
      if (!ABSENT.includes(getErrnoName(error))) throw error;
    }
  });
}

/** Removes what a crash left half written: by one owner, or by all. */
export function removeUnfinishedFiles(
  context: Context,
  owner?: string,
): void {
  const folder = getCacheFolder(context, "unfinished");
  for (const name of listNames(context, folder)) {
    const [writer] = name.split(":");
    if (owner !== undefined && writer !== owner) continue;
    removeStray(context, `${folder}/${name}`);
  }
}

/** Failing to remove a file that blocks nothing is only a note. */
export function removeStray(context: Context, path: string): void {
  try {
    removeFile(context, path);
  } catch (error) {
    emitNote(context, requireVmConfError(error).message);
  }
}

/** The names in a folder; a missing folder has none. */
export function listNames({ system }: Context, folder: string): string[] {
  return withCacheError("read", folder, () => {
    try {
      return system.readDir(folder).sort();
    } catch (error) {
      if (ABSENT.includes(getErrnoName(error))) return [];
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
