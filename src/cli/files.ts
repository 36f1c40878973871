/**
 * Files of a format, put into a folder: all of them, or none.
 *
 * Each file is written under a temporary name first. A link or a rename puts it
 * in its place, so that nobody ever reads half a file, no file of others is
 * replaced unasked, and nothing is written through a link.
 */
import { quote, VmConfError } from "../errors.ts";
import type { RenderedFile } from "../formats/format.ts";

/** Writes files into a folder. If anything fails, all is as it was before. */
export async function writeFiles(
  folder: string,
  files: readonly RenderedFile[],
  overwrite: boolean,
): Promise<void> {
  checkGranted(folder);
  try {
    // Disposed of in reverse: a folder can be removed when it is empty again.
    await using folders = new AsyncDisposableStack();
    await using temporaries = new AsyncDisposableStack();
    await using placed = new AsyncDisposableStack();
    for (const { name } of files) {
      await checkTarget(folder, name, overwrite);
    }
    await makeFolder(folder, folders);
    const written: Written[] = [];
    for (const file of files) {
      await makeParents(folder, file.name, folders);
      written.push(await writeTemporary(folder, file, temporaries));
    }
    const backups: string[] = [];
    for (const one of written) {
      if (overwrite) backups.push(...await replaceFile(one, placed));
      else await addFile(one, placed);
    }
    for (
      const parent of new Set(written.map(({ target }) => parentOf(target)))
    ) {
      await ignoreFailure(syncFolder(parent));
    }
    placed.move();
    folders.move();
    for (const backup of backups) await ignoreFailure(Deno.remove(backup));
  } catch (cause) {
    throw asUnwritable(folder, cause);
  }
}

/**
 * Checks that files can be written into a folder, as far as that can be known
 * beforehand.
 */
export async function checkWritable(
  folder: string,
  names: readonly string[],
  overwrite: boolean,
): Promise<void> {
  checkGranted(folder);
  try {
    const found = await Deno.stat(folder).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    if (found?.isDirectory === false) {
      throw unwritable(folder, "it is not a folder");
    }
    for (const name of names) await checkTarget(folder, name, overwrite);
  } catch (cause) {
    throw asUnwritable(folder, cause);
  }
}

function checkGranted(folder: string): void {
  for (const name of ["read", "write"] as const) {
    const { state } = Deno.permissions.querySync({ name, path: folder });
    if (state === "granted") continue;
    throw unwritable(
      folder,
      "permission to write there was not granted",
      "Grant it with --allow-read=DIR --allow-write=DIR.",
    );
  }
}

async function checkTarget(
  folder: string,
  name: string,
  overwrite: boolean,
): Promise<void> {
  for (const parent of parentsWithin(folder, name)) {
    const found = await lookAt(parent);
    if (found !== undefined) checkFolder(parent, found);
  }
  const target = `${folder}/${name}`;
  const found = await lookAt(target);
  if (found === undefined) return;
  if (!overwrite) throw isThere(target);
  if (found.isDirectory) throw unwritable(target, "a folder is there");
}

/** A link could lead out of the folder that was given. */
function checkFolder(path: string, { isDirectory, isSymlink }: Deno.FileInfo) {
  if (isDirectory) return;
  throw unwritable(
    path,
    isSymlink ? "it is a link, which is not followed" : "it is not a folder",
  );
}

/** The folders between a folder and a file, such as `DIR/a` for `a/b`. */
function parentsWithin(folder: string, name: string): string[] {
  const steps = name.split("/").slice(0, -1);
  return steps.map((_, index) =>
    `${folder}/${steps.slice(0, index + 1).join("/")}`
  );
}

function parentOf(path: string): string {
  return path.replace(/\/+[^/]*$/, "");
}

async function lookAt(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function makeFolder(
  folder: string,
  made: AsyncDisposableStack,
): Promise<void> {
  const path = folder.replace(/(?<=[^/])\/+$/, "");
  try {
    await Deno.mkdir(path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const parent = parentOf(path);
    if (parent === path) throw error;
    const permission = { name: "write", path: parent } as const;
    const { state } = Deno.permissions.querySync(permission);
    // Those that may not be removed again are not looked for one by one.
    if (state !== "granted") await Deno.mkdir(path, { recursive: true });
    else {
      await makeFolder(parent, made);
      await Deno.mkdir(path);
    }
  }
  made.defer(() => ignoreFailure(Deno.remove(path)));
}

async function makeParents(
  folder: string,
  name: string,
  made: AsyncDisposableStack,
): Promise<void> {
  for (const path of parentsWithin(folder, name)) {
    try {
      await Deno.mkdir(path);
      made.defer(() => ignoreFailure(Deno.remove(path)));
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      checkFolder(path, await Deno.lstat(path));
    }
  }
}

/** A file that is whole, but not in its place yet. */
interface Written {
  readonly temporary: string;
  readonly target: string;
  /** What tells it from a file that others put there meanwhile. */
  readonly identity: Identity;
}

type Identity = Pick<Deno.FileInfo, "dev" | "ino">;

async function writeTemporary(
  folder: string,
  { name, text, mode }: RenderedFile,
  temporaries: AsyncDisposableStack,
): Promise<Written> {
  const target = `${folder}/${name}`;
  const temporary = `${target}.${crypto.randomUUID()}.tmp`;
  using file = await Deno.open(temporary, {
    write: true,
    createNew: true,
    mode,
  });
  temporaries.defer(() => ignoreFailure(Deno.remove(temporary)));
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
  await file.sync();
  return { temporary, target, identity: await file.stat() };
}

/** Fails where anything is, be it a link that leads nowhere. */
async function addFile(
  { temporary, target, identity }: Written,
  placed: AsyncDisposableStack,
): Promise<void> {
  try {
    await Deno.link(temporary, target);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw isThere(target);
    if (!isWithoutLinks(error)) throw error;
    await reserve(target, placed);
    await Deno.rename(temporary, target);
  }
  placed.defer(() => removeOwn(target, identity));
}

/** Some file systems, such as FAT, have no hard links. */
function isWithoutLinks(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotSupported;
}

/** Makes an empty file, to be replaced by what nobody else may put there. */
async function reserve(
  target: string,
  placed: AsyncDisposableStack,
): Promise<void> {
  try {
    using file = await Deno.open(target, { write: true, createNew: true });
    const identity = await file.stat();
    placed.defer(() => removeOwn(target, identity));
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw isThere(target);
    throw error;
  }
}

/** Gives the file that keeps what was there before, if there was anything. */
async function replaceFile(
  { temporary, target, identity }: Written,
  placed: AsyncDisposableStack,
): Promise<string[]> {
  const backup = `${target}.${crypto.randomUUID()}.old`;
  const before = await lookAt(target);
  const isKept = before !== undefined &&
    await succeeds(Deno.link(target, backup));
  if (isKept) placed.defer(() => putBack(backup, target));
  await Deno.rename(temporary, target);
  if (before === undefined) placed.defer(() => removeOwn(target, identity));
  return isKept ? [backup] : [];
}

/** Where a rename cannot put it back, what was there stays under its new name. */
async function putBack(backup: string, target: string): Promise<void> {
  if (!await succeeds(Deno.rename(backup, target))) return;
  // Two names of one file are left as they are.
  await ignoreFailure(Deno.remove(backup));
}

async function removeOwn(path: string, own: Identity): Promise<void> {
  const found = await lookAt(path).catch(() => undefined);
  if (found?.dev !== own.dev || found.ino !== own.ino) return;
  await ignoreFailure(Deno.remove(path));
}

async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}

async function succeeds(action: Promise<unknown>): Promise<boolean> {
  return await action.then(() => true, () => false);
}

async function ignoreFailure(action: Promise<unknown>): Promise<void> {
  await succeeds(action);
}

function isThere(path: string): VmConfError {
  return unwritable(
    path,
    "the file is there already",
    "Replace it with --overwrite, or write into another folder.",
  );
}

function asUnwritable(folder: string, cause: unknown): VmConfError {
  if (cause instanceof VmConfError) return cause;
  return unwritable(folder, reasonOf(cause), undefined, cause);
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
  const { message } = error instanceof Error ? error : { message: `${error}` };
  // Deno's message also has the name of a temporary file.
  return message.match(/^.*?\(os error \d+\)/)?.[0] ?? message;
}
