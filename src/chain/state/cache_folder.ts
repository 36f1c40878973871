/** The cache folder and the folders in it. */
import { quote, VmConfError } from "../../errors.ts";
import { type Context, requirePermission } from "../context.ts";
import {
  describeSystemError,
  getErrnoName,
  isAbsent,
  type System,
} from "../system.ts";

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

/** The bits of a mode that let group and others write. */
export const OTHERS_WRITE = 0o022;

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
      makeMissingFolder(system, path);
    }
  });
}

function makeMissingFolder(system: System, path: string): void {
  try {
    system.mkdir(path, 0o700);
  } catch (error) {
    // Another process made it first, or it is a link, which is refused next.
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

/** The names in a folder; a missing folder has none. */
export function listNames({ system }: Context, folder: string): string[] {
  return withCacheError("read", folder, () => {
    try {
      return system.readDir(folder).sort();
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  });
}

/** Gives the errors of the system our words. */
export function withCacheError<T>(what: string, path: string, act: () => T): T {
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
