/**
 * Everything that the chain needs from the outside world, in one table: files,
 * processes, time, and the kernel. A test can make any call fail, or end the process
 * there.
 *
 * Deno does what it can: its errors have a reliable `code`. FFI does the rest:
 * namespaces, mounts and locks.
 */
import { loadLibc, loadLibnl } from "../linux/library.ts";
import type { Libc } from "../linux/symbols/libc.ts";
import type { Libnl } from "../linux/symbols/libnl.ts";

export interface System {
  /** Describes a file, without following a link. */
  readonly lstat: (path: string) => Deno.FileInfo;
  /** Describes a file, following links. */
  readonly stat: (path: string) => Deno.FileInfo;
  /** Lists the names in a folder. */
  readonly readDir: (folder: string) => string[];
  readonly open: (path: string, options: Deno.OpenOptions) => Deno.FsFile;
  readonly fstat: (file: Deno.FsFile) => Deno.FileInfo;
  readonly read: (file: Deno.FsFile, buffer: Uint8Array) => number | null;
  readonly write: (file: Deno.FsFile, bytes: Uint8Array) => number;
  /** Waits until the content of a file or folder is on the disk. */
  readonly sync: (file: Deno.FsFile) => void;
  /** Makes a folder, and missing ones above it. */
  readonly mkdir: (path: string, mode: number) => void;
  readonly rename: (from: string, to: string) => void;
  /** Gives a file a second name, which must not exist. */
  readonly link: (from: string, to: string) => void;
  readonly remove: (path: string) => void;
  readonly spawn: (
    path: string,
    options: Deno.CommandOptions,
  ) => Deno.ChildProcess;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** The functions of libc; messages begin with `task`. */
  readonly kernel: (task: string) => Libc;
  /** The functions of libnl-route. */
  readonly rtnl: (task: string) => Libnl;
}

export const SYSTEM: System = {
  lstat: (path) => Deno.lstatSync(path),
  stat: (path) => Deno.statSync(path),
  readDir: (folder) => Array.from(Deno.readDirSync(folder), ({ name }) => name),
  open: (path, options) => Deno.openSync(path, options),
  fstat: (file) => file.statSync(),
  read: (file, buffer) => file.readSync(buffer),
  write: (file, bytes) => file.writeSync(bytes),
  sync: (file) => file.syncSync(),
  mkdir: (path, mode) => Deno.mkdirSync(path, { mode, recursive: true }),
  rename: (from, to) => Deno.renameSync(from, to),
  link: (from, to) => Deno.linkSync(from, to),
  remove: (path) => Deno.removeSync(path),
  spawn: (path, options) => new Deno.Command(path, options).spawn(),
  now: () => performance.now(),
  pause: (milliseconds) =>
    new Promise((resolve) => setTimeout(resolve, milliseconds)),
  kernel: loadLibc,
  rtnl: loadLibnl,
};

/** The name of the `errno`, such as `ENOENT`; empty if there is none. */
export function getErrnoName(error: unknown): string {
  const { code } = Object(error);
  return typeof code === "string" ? code : "";
}

/** Whether the error of a file means that it certainly does not exist. */
export function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(getErrnoName(error));
}

export function describeSystemError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // Deno adds the path, which our messages already have.
  return message.replace(/ \(os error \d+\).*$/s, "");
}

/** The folder of an absolute path. */
export function getParentFolder(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
