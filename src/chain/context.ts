/** What every operation needs: folders, limits, an observer and the system. */
import { VmConfError } from "../errors.ts";
import { SYSTEM, type System } from "./system.ts";

/** Folders, limits, and an observer. */
export interface ChainOptions {
  /**
   * Folders of network configurations. Unset: the one that `NETCONFPATH` names,
   * if the environment may be read, or else `/etc/cni/net.d`.
   */
  readonly confDirs?: readonly string[];
  /**
   * Folders of plugins. Unset: those that `CNI_PATH` names, if the environment
   * may be read, or else those of the usual ones that may be read:
   * `/opt/cni/bin`, `/usr/lib/cni` and `/usr/libexec/cni`.
   */
  readonly binDirs?: readonly string[];
  /** The folder of records; unset: `/var/lib/cni`. */
  readonly cacheDir?: string;
  /**
   * How long one plugin may run, and how long to wait for a lock, in milliseconds;
   * unset: 60,000; Infinity: no limit.
   */
  readonly timeoutMs?: number;
  /** Stops the operation; what ADD did is undone. */
  readonly signal?: AbortSignal;
  /** Is called before and after each plugin, and for notes. */
  readonly onEvent?: (event: ChainEvent) => void;
}

/** A command of the CNI protocol. */
export type CniCommand = "ADD" | "CHECK" | "DEL" | "GC" | "STATUS" | "VERSION";

/** Something that happened while a chain was run. */
export type ChainEvent =
  | {
    /** A plugin is about to be run. */
    readonly kind: "start";
    readonly command: CniCommand;
    readonly plugin: string;
    readonly network: string;
    /** Its standard input. */
    readonly stdin: string;
    /** Its environment variables, in addition to the inherited ones. */
    readonly env: Readonly<Record<string, string>>;
  }
  | {
    /** A plugin has ended. */
    readonly kind: "end";
    readonly command: CniCommand;
    readonly plugin: string;
    readonly network: string;
    /** How it ended, such as `exit status 0`. */
    readonly status: string;
    readonly ok: boolean;
    readonly stdout: string;
    readonly stderr: string;
    readonly milliseconds: number;
  }
  | {
    /** An attachment was deleted as garbage. */
    readonly kind: "collected";
    readonly network: string;
    readonly containerID: string;
    readonly ifName: string;
  }
  | {
    /** Something that a person should know. */
    readonly kind: "note";
    readonly message: string;
  };

/** The options with their defaults, and the locks that the operation holds. */
export interface Context {
  readonly confDirs: readonly string[];
  readonly binDirs: readonly string[];
  readonly cacheDir: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onEvent: (event: ChainEvent) => void;
  readonly system: System;
  /** Descriptors of the locks; plugins inherit them. */
  readonly locks: readonly number[];
}

const CONF_DIR = "/etc/cni/net.d";
const BIN_DIRS = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];

/** The default of libcni. */
export const CACHE_DIR = "/var/lib/cni";

const TIMEOUT_MS = 60_000;

export function createContext(
  options: ChainOptions,
  system: System = SYSTEM,
): Context {
  const { timeoutMs = TIMEOUT_MS } = options;
  if (!(timeoutMs > 0)) {
    throw new VmConfError(
      "invalid-option",
      `timeoutMs: expected a positive number of milliseconds, found ${timeoutMs}`,
      { path: "timeoutMs" },
    );
  }
  return {
    confDirs: options.confDirs ?? readPathList("NETCONFPATH") ?? [CONF_DIR],
    binDirs: options.binDirs ?? readPathList("CNI_PATH") ??
      findDefaultBinDirs(),
    cacheDir: options.cacheDir ?? CACHE_DIR,
    timeoutMs,
    signal: options.signal,
    onEvent: options.onEvent ?? (() => {}),
    system,
    locks: [],
  };
}

function readPathList(variable: string): string[] | undefined {
  if (!isGranted({ name: "env", variable })) return undefined;
  const folders = (Deno.env.get(variable) ?? "").split(":").filter(Boolean);
  return folders.length === 0 ? undefined : folders;
}

function findDefaultBinDirs(): string[] {
  const granted = BIN_DIRS.filter((path) => isGranted({ name: "read", path }));
  if (granted.length > 0) return granted;
  throw notGrantedError(
    "to read the plugin folders",
    `--allow-read=${BIN_DIRS.join(",")}`,
  );
}

/** Throws if a permission is missing. Never prompts. */
export function requirePermission(
  descriptor: Deno.PermissionDescriptor,
  what: string,
  flag: string,
): void {
  if (!isGranted(descriptor)) throw notGrantedError(what, flag);
}

export function requireReadPermission(path: string): void {
  requirePermission(
    { name: "read", path },
    `to read ${path}`,
    `--allow-read=${path}`,
  );
}

function isGranted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

function notGrantedError(what: string, flag: string): VmConfError {
  return new VmConfError(
    "not-granted",
    `Cannot run the chain: permission ${what} was not granted`,
    { hint: `Grant it: ${flag}.` },
  );
}

export function emitNote({ onEvent }: Context, message: string): void {
  onEvent({ kind: "note", message });
}

export function throwIfInterrupted({ signal }: Context): void {
  if (signal?.aborted) throw interruptedError();
}

export function interruptedError(): VmConfError {
  return new VmConfError("interrupted", "The operation was interrupted");
}

export function combineErrors(errors: readonly VmConfError[]): VmConfError {
  const [first] = errors;
  if (errors.length === 1 && first !== undefined) return first;
  const hints = new Set(errors.map(({ hint }) => hint).filter(Boolean));
  return new VmConfError(
    first?.code ?? "plugin-failed",
    errors.map(({ message }) => message).join("\n"),
    {
      path: first?.path,
      hint: hints.size === 0 ? undefined : [...hints].join(" "),
      cause: new AggregateError(errors),
    },
  );
}
