/**
 * The files in the cache folder: written as a whole and synced, and read without
 * trusting them.
 */
import { requireVmConfError } from "../../errors.ts";
import { type Context, emitNote } from "../context.ts";
import {
  describeSystemError,
  getParentFolder,
  isAbsent,
  type System,
} from "../system.ts";
import {
  getCacheFolder,
  listNames,
  OTHERS_WRITE,
  withCacheError,
} from "./cache_folder.ts";

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

/** Reads a file of the cache folder. */
export function readOwnJson(system: System, path: string): JsonContent {
  const content = readSmallFile(system, path, OWN_FILE);
  if (content.kind !== "text") return content;
  try {
    const value: unknown = JSON.parse(content.text);
    return { kind: "json", value, time: content.time };
  } catch {
    return malformedFile("it is not a JSON document");
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
    return isAbsent(error)
      ? { kind: "absent" }
      : { kind: "unreadable", reason: describeSystemError(error) };
  }
}

function malformedFile(reason: string): Missing {
  return { kind: "malformed", reason };
}

function describeFileType({ isSymlink, isDirectory }: Deno.FileInfo): string {
  return isSymlink ? "a link" : isDirectory ? "a folder" : "not a plain file";
}

/** Root owns it, or the owner of the folder, who was checked. */
function isTrusted(
  system: System,
  path: string,
  { uid, mode }: Deno.FileInfo,
): boolean {
  const folder = system.stat(getParentFolder(path));
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
  const file = system.open(getParentFolder(path), { read: true });
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
      if (!isAbsent(error)) throw error;
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
