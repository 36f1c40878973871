/** What every operation of the chain takes: folders, limits, and an observer. */
import { VmConfError } from "../errors.ts";
import { SYSTEM, type System } from "./system.ts";

/** Where things are, how long they may take, and who is told. */
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
   * How long one plugin may take, and how long a lock is waited for, in
   * milliseconds; unset: 60,000; Infinity: no limit.
   */
  readonly timeoutMs?: number;
  /** Stops the operation: what ADD has done is undone. */
  readonly signal?: AbortSignal;
  /** Is called for every plugin that is run, before and after, and for notes. */
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
    /** What it is given on standard input. */
    readonly stdin: string;
    /** Its variables of the environment, beside the inherited ones. */
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

/** The options, complete, and what an operation holds. */
export interface Context {
  readonly confDirs: readonly string[];
  readonly binDirs: readonly string[];
  readonly cacheDir: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onEvent: (event: ChainEvent) => void;
  /** The outside world. */
  readonly system: System;
  /** Descriptors of the locks that are held: plugins inherit them. */
  readonly locks: readonly number[];
}

const CONF_DIR = "/etc/cni/net.d";
const BIN_DIRS = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];

/** Where libcni keeps its records, if nobody says otherwise. */
export const CACHE_DIR = "/var/lib/cni";

const TIMEOUT_MS = 60_000;

/** Completes the options by their defaults. Never prompts. */
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

/** Makes sure of a permission, without a prompt. */
export function requirePermission(
  descriptor: Deno.PermissionDescriptor,
  what: string,
  flag: string,
): void {
  if (!isGranted(descriptor)) throw notGrantedError(what, flag);
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

/** Tells people something. */
export function emitNote({ onEvent }: Context, message: string): void {
  onEvent({ kind: "note", message });
}

/** Ends an operation that its caller has stopped. */
export function throwIfInterrupted({ signal }: Context): void {
  if (signal?.aborted) throw interruptedError();
}

/** Makes the error of an operation that its caller has stopped. */
export function interruptedError(): VmConfError {
  return new VmConfError("interrupted", "The operation was interrupted");
}

/** Does something, and returns a failure of ours instead of throwing it. */
export async function catchFailure<T>(
  act: () => T | Promise<T>,
): Promise<T | VmConfError> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof VmConfError) return error;
    throw error;
  }
}

/** Puts several errors into one. */
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

/** One step of an operation. */
export type ChainStep =
  | {
    /** A plugin is run. */
    readonly step: "run";
    readonly command: CniCommand;
    /** The plugin's name. */
    readonly plugin: string;
    /** The network's name. */
    readonly network: string;
    readonly containerID?: string;
    readonly ifName?: string;
    /** The namespace that the plugin is given; empty if it is gone. */
    readonly netNSPath?: string;
  }
  | {
    /** A namespace is made, or one that was made here is removed. */
    readonly step: "create-netns" | "remove-netns";
    readonly netNSPath: string;
  }
  | {
    /** A record is written or removed. */
    readonly step: "write-record" | "remove-record";
    /** The name of its file. */
    readonly file: string;
  };

/** What an operation would do, and what it could not. */
export interface ChainPlan {
  /** The steps, in order. */
  readonly steps: ChainStep[];
  /** What would be left as it is, and why. */
  readonly problems: VmConfError[];
}
