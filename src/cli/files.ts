/** Files of a format, written into a folder. */
import { quote, VmConfError } from "../errors.ts";
import type { RenderedFile } from "../formats/format.ts";

/**
 * Writes files into a folder: each appears whole or not at all.
 *
 * @param folder The folder, which is made if need be.
 * @param files The files.
 * @param overwrite Whether files that are there may be replaced.
 * @throws {VmConfError} `unwritable-output` with the permission to grant, or with
 * the file that is in the way; nothing has been written then.
 */
export async function writeFiles(
  folder: string,
  files: readonly RenderedFile[],
  overwrite: boolean,
): Promise<void> {
  for (const name of ["read", "write"] as const) {
    const { state } = Deno.permissions.querySync({ name, path: folder });
    if (state !== "granted") throw notGranted(folder);
  }
  const targets = files.map(({ name, text, mode }) => ({
    path: `${folder}/${name}`,
    text,
    mode,
  }));
  try {
    if (!overwrite) await refuseToOverwrite(targets.map(({ path }) => path));
    for (const { path, text, mode } of targets) {
      await writeWhole(path, text, mode);
    }
  } catch (cause) {
    if (cause instanceof VmConfError) throw cause;
    throw unwritable(folder, reasonOf(cause), undefined, cause);
  }
}

/** Makes sure that files are not there. */
export async function checkNotThere(
  folder: string,
  names: readonly string[],
): Promise<void> {
  await refuseToOverwrite(names.map((name) => `${folder}/${name}`));
}

async function refuseToOverwrite(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (!await exists(path)) continue;
    throw unwritable(
      path,
      "the file is there already",
      "Replace it with --overwrite, or write into another folder.",
    );
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Renaming is atomic, so nobody ever reads half a file. */
async function writeWhole(
  path: string,
  text: string,
  mode?: number,
): Promise<void> {
  const parent = path.slice(0, path.lastIndexOf("/"));
  await Deno.mkdir(parent, { recursive: true });
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true, mode });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

function notGranted(folder: string): VmConfError {
  return unwritable(
    folder,
    "permission to write there was not granted",
    "Grant it with --allow-read=DIR --allow-write=DIR.",
  );
}

function unwritable(
  path: string,
  reason: string,
  hint?: string,
  cause?: unknown,
): VmConfError {
  return new VmConfError(
    "unwritable-output",
    `Cannot write ${quote(path)}: ${reason}`,
    { hint, cause },
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotADirectory) return "it is not a folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
