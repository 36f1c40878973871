/**
 * Everything that the chain asks of the outside world, in one table: files,
 * processes, time, and the kernel. A test can make any of it fail, or end the
 * process there.
 *
 * Files are Deno's, as its errors have a reliable `code`; what only the kernel
 * has (namespaces, mounts, locks) is reached by FFI.
 */
import { loadLibc, loadLibnl } from "../linux/library.ts";
import type { Libc } from "../linux/symbols/libc.ts";
import type { Libnl } from "../linux/symbols/libnl.ts";

/** The table. */
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
  /** Waits until the disk has a file, or the names in a folder. */
  readonly sync: (file: Deno.FsFile) => void;
  readonly mkdir: (path: string, mode: number) => void;
  readonly rename: (from: string, to: string) => void;
  /** Gives a file a second name, which nothing may have. */
  readonly link: (from: string, to: string) => void;
  readonly remove: (path: string) => void;
  /** Starts a process. */
  readonly spawn: (
    path: string,
    options: Deno.CommandOptions,
  ) => Deno.ChildProcess;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** libc's functions; `task` says what for, as messages begin. */
  readonly kernel: (task: string) => Libc;
  /** libnl-route's functions. */
  readonly rtnl: (task: string) => Libnl;
}

/** The real world. */
export const SYSTEM: System = {
  lstat: (path) => Deno.lstatSync(path),
  stat: (path) => Deno.statSync(path),
  readDir: (folder) => Array.from(Deno.readDirSync(folder), ({ name }) => name),
  open: (path, options) => Deno.openSync(path, options),
  fstat: (file) => file.statSync(),
  read: (file, buffer) => file.readSync(buffer),
  write: (file, bytes) => file.writeSync(bytes),
  sync: (file) => file.syncSync(),
  mkdir: (path, mode) => Deno.mkdirSync(path, { mode }),
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

/** The name of the `errno` behind an error of the table. */
export function getErrnoName(error: unknown): string {
  const { code } = Object(error);
  return typeof code === "string" ? code : "";
}

/** The words of an error of the table. */
export function describeSystemError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // Deno names the path again, which our messages do already.
  return message.replace(/ \(os error \d+\).*$/s, "");
}
