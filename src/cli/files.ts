/**
 * Writes the files of a format into a folder: all of them, or none.
 *
 * Each file is first written under a temporary name. A link or a rename then
 * puts it in place: nobody reads half a file, an existing file is replaced only
 * if the user asked for it, and nothing is written through a link.
 */
import { quote, VmConfError } from "../errors.ts";
import type { RenderedFile } from "../formats/format.ts";
import { isGranted } from "./permissions.ts";

/** Writes files into a folder. If anything fails, undoes what it did. */
export async function writeFiles(
  folder: string,
  files: readonly RenderedFile[],
  overwrite: boolean,
): Promise<void> {
  checkGranted(folder);
  try {
    // Undone in reverse. A target is compared with its temporary file while that
    // still has its inode, and a folder can be removed when it is empty again.
    await using folders = new AsyncDisposableStack();
    await using temporaries = new AsyncDisposableStack();
    await using targets = new AsyncDisposableStack();
    for (const { name } of files) {
      await checkTarget(folder, name, overwrite);
    }
    await createFolder(folder, folders);
    const written: WrittenFile[] = [];
    for (const file of files) {
      await createParents(folder, file.name, folders);
      written.push(await writeTemporary(folder, file, temporaries));
    }
    const backups: string[] = [];
    for (const file of written) {
      if (overwrite) backups.push(...await replaceTarget(file, targets));
      else await addTarget(file, targets);
    }
    const parents = written.map(({ target }) => removeLastStep(target));
    for (const parent of new Set(parents)) await succeeds(syncFolder(parent));
    // From here on nothing is undone.
    targets.move();
    folders.move();
    for (const backup of backups) await remove(backup);
  } catch (cause) {
    throw toUnwritable(folder, cause);
  }
}

/** Checks without any change, as far as possible, that files can be written. */
export async function checkWritable(
  folder: string,
  names: readonly string[],
  overwrite: boolean,
): Promise<void> {
  checkGranted(folder);
  try {
    const found = await findFile(folder, Deno.stat);
    if (found?.isDirectory === false) {
      throw unwritable(folder, "it is not a folder");
    }
    for (const name of names) await checkTarget(folder, name, overwrite);
  } catch (cause) {
    throw toUnwritable(folder, cause);
  }
}

function checkGranted(path: string): void {
  if (isGranted({ name: "read", path }) && isGranted({ name: "write", path })) {
    return;
  }
  throw unwritable(
    path,
    "permission to write there was not granted",
    "Grant it with --allow-read=DIR --allow-write=DIR.",
  );
}

async function checkTarget(
  folder: string,
  name: string,
  overwrite: boolean,
): Promise<void> {
  for (const parent of listParents(folder, name)) {
    const found = await findFile(parent);
    if (found !== undefined) checkFolder(parent, found);
  }
  const target = `${folder}/${name}`;
  const found = await findFile(target);
  if (found === undefined) return;
  if (!overwrite) throw alreadyExists(target);
  if (found.isDirectory) throw unwritable(target, "there is a folder");
}

/** A link could lead out of the folder that the user named. */
function checkFolder(path: string, { isDirectory, isSymlink }: Deno.FileInfo) {
  if (isDirectory) return;
  throw unwritable(
    path,
    isSymlink ? "it is a link, which is not followed" : "it is not a folder",
  );
}

/** The folders between a folder and a file, such as `DIR/a` for `a/b`. */
function listParents(folder: string, name: string): string[] {
  const steps = name.split("/").slice(0, -1);
  return steps.map((_, index) =>
    `${folder}/${steps.slice(0, index + 1).join("/")}`
  );
}

function removeLastStep(path: string): string {
  return path.replace(/\/+[^/]*$/, "");
}

async function findFile(
  path: string,
  stat = Deno.lstat,
): Promise<Deno.FileInfo | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function createFolder(
  folder: string,
  undo: AsyncDisposableStack,
): Promise<void> {
  const path = folder.replace(/(?<=[^/])\/+$/, "");
  try {
    await Deno.mkdir(path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const parent = removeLastStep(path);
    if (parent === path) throw error;
    if (isGranted({ name: "write", path: parent })) {
      await createFolder(parent, undo);
      await Deno.mkdir(path);
    } else {
      // Without the permission, the folders above could not be removed anyway.
      await Deno.mkdir(path, { recursive: true });
    }
  }
  undo.defer(() => remove(path));
}

async function createParents(
  folder: string,
  name: string,
  undo: AsyncDisposableStack,
): Promise<void> {
  for (const path of listParents(folder, name)) {
    try {
      await Deno.mkdir(path);
      undo.defer(() => remove(path));
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      checkFolder(path, await Deno.lstat(path));
    }
  }
}

/** A complete file that is not in place yet. */
interface WrittenFile {
  readonly temporary: string;
  readonly target: string;
  /** Tells it from a file that somebody else puts in its place. */
  readonly identity: FileIdentity;
}

type FileIdentity = Pick<Deno.FileInfo, "dev" | "ino">;

async function writeTemporary(
  folder: string,
  { name, text, mode }: RenderedFile,
  temporaries: AsyncDisposableStack,
): Promise<WrittenFile> {
  const target = `${folder}/${name}`;
  const temporary = `${target}.${crypto.randomUUID()}.tmp`;
  using file = await Deno.open(temporary, {
    write: true,
    createNew: true,
    mode,
  });
  temporaries.defer(() => remove(temporary));
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
  await file.sync();
  return { temporary, target, identity: await file.stat() };
}

/** Puts a file in place. Fails if anything exists there, even a broken link. */
async function addTarget(
  { temporary, target, identity }: WrittenFile,
  undo: AsyncDisposableStack,
): Promise<void> {
  try {
    await Deno.link(temporary, target);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw alreadyExists(target);
    if (!lacksHardLinks(error)) throw error;
    await reserveTarget(target, undo);
    await Deno.rename(temporary, target);
  }
  undo.defer(() => removeOwn(target, identity));
}

/** Some file systems, such as FAT, have no hard links. */
function lacksHardLinks(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotSupported;
}

/** Creates an empty file, which only this run replaces. */
async function reserveTarget(
  target: string,
  undo: AsyncDisposableStack,
): Promise<void> {
  try {
    using file = await Deno.open(target, { write: true, createNew: true });
    const identity = await file.stat();
    undo.defer(() => removeOwn(target, identity));
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw alreadyExists(target);
    throw error;
  }
}

/** Puts a file in place of another one. Returns the backup, if there is one. */
async function replaceTarget(
  { temporary, target, identity }: WrittenFile,
  undo: AsyncDisposableStack,
): Promise<string[]> {
  const backup = `${target}.${crypto.randomUUID()}.old`;
  const before = await findFile(target);
  const hasBackup = before !== undefined &&
    await succeeds(Deno.link(target, backup));
  if (hasBackup) undo.defer(() => restoreBackup(backup, target));
  await Deno.rename(temporary, target);
  if (before === undefined) undo.defer(() => removeOwn(target, identity));
  return hasBackup ? [backup] : [];
}

/** If the rename fails, the old file stays under the name of the backup. */
async function restoreBackup(backup: string, target: string): Promise<void> {
  if (!await succeeds(Deno.rename(backup, target))) return;
  // A rename between two names of the same file does nothing and removes none.
  await remove(backup);
}

async function removeOwn(path: string, own: FileIdentity): Promise<void> {
  const found = await findFile(path).catch(() => undefined);
  if (found?.dev !== own.dev || found.ino !== own.ino) return;
  await remove(path);
}

async function remove(path: string): Promise<void> {
  await succeeds(Deno.remove(path));
}

async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}

async function succeeds(action: Promise<unknown>): Promise<boolean> {
  return await action.then(() => true, () => false);
}

function alreadyExists(path: string): VmConfError {
  return unwritable(
    path,
    "the file already exists",
    "Replace it with --overwrite, or write into another folder.",
  );
}

function toUnwritable(folder: string, cause: unknown): VmConfError {
  if (cause instanceof VmConfError) return cause;
  return unwritable(folder, describeCause(cause), undefined, cause);
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

function describeCause(error: unknown): string {
  if (error instanceof Deno.errors.NotADirectory) return "it is not a folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  const message = error instanceof Error ? error.message : String(error);
  // After the system's words, Deno names the temporary file.
  return message.match(/^.*?\(os error \d+\)/)?.[0] ?? message;
}
