/** The chain's table of functions; calls are recorded, fail, or end the process. */
import { toCString } from "../../src/linux/call.ts";
import { SYSTEM, type System } from "../../src/chain/system.ts";
import {
  type Death,
  endsNetns,
  type Errno,
  ERRNOS,
  type Fault,
  type Faults,
  INFALLIBLE,
  isDenied,
  isRemoval,
  listFaultsOf,
  type TableCall,
} from "./fault_cases.ts";

const MNT_DETACH = 2;

/** As `ip netns del` does. */
function endNetns(path: string): void {
  SYSTEM.kernel("test").umount2(toCString(path), MNT_DETACH);
  try {
    SYSTEM.remove(path);
  } catch {
    // It did not exist.
  }
}

/** A table, and the recorded calls. */
export interface FaultySystem {
  readonly system: System;
  readonly calls: readonly TableCall[];
  /** The path of the call that failed; `undefined` if none did. */
  readonly failedPath: () => string | undefined;
}

type Call = (...args: unknown[]) => unknown;

/** Reading `errno` is part of the call before. */
const READS_ERRNO = /\.(memcpy|__errno_location)$/;

/**
 * Wraps the real system.
 *
 * @param plan What fails, or when the process is killed; unset: nothing.
 */
export function createFaultySystem(
  plan: { readonly fault?: Fault; readonly death?: Death } = {},
): FaultySystem {
  const { fault, death } = plan;
  const calls: TableCall[] = [];
  const counts = new Map<string, number>();
  let changes = 0;
  let failedPath: string | undefined;
  const paths = new WeakMap<object, string>();
  /** Whether the last call of libc was made to fail. */
  let isFailing = false;
  /** The last call, and whether it failed: it may be repeated. */
  let last = { name: "", path: "", hasFailed: false };
  const journey = trackNetns();

  const dieAt = (when: Death["when"]) => {
    if (death?.when !== when || death.nth !== changes) return;
    Deno.kill(Deno.pid, "SIGKILL");
  };

  const wrap = (name: string, real: Call): Call => (...args) => {
    if (READS_ERRNO.test(name)) {
      const value = real(...args);
      if (isFailing && fault !== undefined) setErrno(args, fault.errno);
      return value;
    }
    const faults = listFaultsOf(name);
    if (faults === undefined && !INFALLIBLE.test(name)) {
      throw new Error(`FAULTS does not tell how ${name} fails`);
    }
    const path = paths.get(Object(args[0])) ?? findPath(name, args);
    const isRetry = last.hasFailed && last.name === name && last.path === path;
    const nth = (counts.get(name) ?? 0) + (isRetry ? 0 : 1);
    counts.set(name, nth);
    const isChange = faults?.changes?.(args) ?? false;
    if (!isRetry) calls.push({ name, nth, path, changes: isChange });
    isFailing = fault !== undefined && isMeant(fault, name, nth, isRetry) &&
      journey.mayFail(name);
    if (isFailing && fault !== undefined) {
      failedPath ??= path;
      last = { name, path, hasFailed: true };
      const act = () => real(...args);
      if (endsNetns(fault, path)) {
        endNetns(path);
        return act();
      }
      if (isRemoval(name) && isDenied(name, fault.errno)) act();
      return fail(fault, faults);
    }
    if (isChange && !isRetry) changes++;
    if (isChange) dieAt("before");
    const value = orDie(() => real(...args), () => isChange && dieAt("after"));
    last = { name, path, hasFailed: Number(value) < 0 };
    if (value instanceof Deno.FsFile) paths.set(value, path);
    journey.note(name, args, value);
    return value;
  };

  const wrapAll = <T extends object>(functions: T, prefix = ""): T =>
    Object.fromEntries(
      Object.entries(functions).map(([name, real]) => [
        name,
        typeof real === "function" ? wrap(`${prefix}${name}`, real) : real,
      ]),
    ) as T;

  // Nothing else runs here, so waiting can take no time.
  let skipped = 0;
  const timeless: System = {
    ...SYSTEM,
    now: () => SYSTEM.now() + skipped,
    pause: (milliseconds) => {
      skipped += PAUSE_MS;
      return SYSTEM.pause(Math.min(milliseconds, 1));
    },
  };
  let kernel: ReturnType<System["kernel"]> | undefined;
  let rtnl: ReturnType<System["rtnl"]> | undefined;
  return {
    system: {
      ...wrapAll(timeless),
      kernel: (task) => kernel ??= wrapAll(SYSTEM.kernel(task), "libc."),
      rtnl: (task) => rtnl ??= wrapAll(SYSTEM.rtnl(task), "rtnl."),
    },
    calls,
    failedPath: () => failedPath,
  };
}

const PAUSE_MS = 2000;

/** Whether it fails or not. */
function orDie<T>(act: () => T, die: () => void): T {
  try {
    return act();
  } finally {
    die();
  }
}

function isMeant(
  fault: Fault,
  name: string,
  nth: number,
  isRetry: boolean,
): boolean {
  if (name !== fault.name) return false;
  if (fault.span === "always") return nth >= fault.nth;
  return nth === fault.nth && (fault.span === "attempt" || !isRetry);
}

/** Returning to the own namespace must not fail: the process would exit. */
function trackNetns() {
  let home: unknown;
  let isAway = false;
  let refusals = 0;
  return {
    mayFail: (name: string): boolean => {
      if (!isAway || !name.endsWith(".setns")) return true;
      refusals++;
      return refusals === 1;
    },
    note: (name: string, [fd]: readonly unknown[], value: unknown): void => {
      if (Number(value) !== 0) return;
      if (name.endsWith(".unshare")) isAway = true;
      if (name.endsWith(".setns")) {
        home ??= fd;
        isAway = fd !== home;
      }
      if (!isAway) refusals = 0;
      if (name.endsWith(".close") && fd === home) home = undefined;
    },
  };
}

function fail(
  { name, errno }: Fault,
  faults: Faults | undefined,
): unknown {
  const [number, words] = ERRNOS[errno];
  if (name.includes(".")) {
    return errno.startsWith("NLE_") ? -number : faults?.failure ?? -1;
  }
  const what = `${words} (os error ${number})`;
  throw createDenoError(
    errno,
    name === "spawn" ? `Failed to spawn 'plugin': ${what}` : what,
  );
}

const CLASSES: { readonly [name in Errno]?: new (text: string) => Error } = {
  ENOENT: Deno.errors.NotFound,
  EACCES: Deno.errors.PermissionDenied,
  EPERM: Deno.errors.PermissionDenied,
  EEXIST: Deno.errors.AlreadyExists,
  EINTR: Deno.errors.Interrupted,
  EAGAIN: Deno.errors.WouldBlock,
  ELOOP: Deno.errors.FilesystemLoop,
  EISDIR: Deno.errors.IsADirectory,
  ENOTDIR: Deno.errors.NotADirectory,
  EINVAL: TypeError,
};

function createDenoError(code: Errno, message: string): Error {
  const error = new (CLASSES[code] ?? Error)(message);
  return Object.assign(error, { code });
}

function setErrno([target]: readonly unknown[], errno: Errno): void {
  if (target instanceof Int32Array) target[0] = ERRNOS[errno][0];
}

function findPath(name: string, args: readonly unknown[]): string {
  const text = args.find((it) => typeof it === "string");
  if (typeof text === "string") return text;
  const path = args.find((it) => it instanceof Uint8Array);
  if (path === undefined || !name.includes(".")) return "";
  return new TextDecoder().decode(path.subarray(0, path.indexOf(0)));
}
