/** Real functions, one call of which fails. */
import { type Library, loadLibrary } from "../../src/linux/library.ts";

/** Which call fails, and how. */
export interface Failure {
  /** The function. */
  readonly name: string;
  /** The first call that fails, from 1, and how many after it fail as well. */
  readonly from: number;
  readonly more: number;
  /** What it returns then. */
  readonly result: number | bigint;
  /** What `errno` is then. */
  readonly errno?: number;
}

type Call = (...args: unknown[]) => unknown;

/** Functions one of whose calls fails. */
export interface Faulty<Functions> {
  readonly functions: Functions;
  /** Whether the call has failed. */
  readonly failed: () => boolean;
}

/** Wraps real functions. */
export function makeFaulty<Functions extends object>(
  functions: Functions,
  { name, from, more, result, errno }: Failure,
): Faulty<Functions> {
  const real = functions as unknown as Record<string, Call>;
  let count = 0;
  let everFailed = false;
  let fails = false;
  const fake: Record<string, Call> = {
    [name]: (...args) => {
      count++;
      fails = from <= count && count <= from + more;
      everFailed ||= fails;
      return fails ? result : real[name]?.(...args);
    },
    memcpy: (target, ...rest) => {
      const copied = real.memcpy?.(target, ...rest);
      if (fails && errno !== undefined && target instanceof Int32Array) {
        target[0] = errno;
      }
      return copied;
    },
  };
  return {
    functions: { ...functions, ...fake },
    failed: () => everFailed,
  };
}

/** A library that fails, and what came of it. */
export interface FaultyLibrary {
  readonly library: Library;
  /** Whether the call has failed. */
  readonly failed: () => boolean;
  /** How many objects of libnl exist. */
  readonly objects: () => number;
}

/** What allocates an object of libnl, and what frees one. */
const OBJECTS: Readonly<Record<string, number>> = {
  nl_socket_alloc: 1,
  nl_socket_free: -1,
  rtnl_link_get_kernel: 1,
  rtnl_link_put: -1,
};

/** Wraps a real library. */
export function makeFaultyLibrary(
  failure: Failure,
  library: Library = loadLibrary("test"),
): FaultyLibrary {
  const { functions, failed } = makeFaulty(library.symbols, failure);
  const calls = functions as unknown as Record<string, Call>;
  let objects = 0;
  const counted = Object.entries(OBJECTS).map(([name, change]): [
    string,
    Call,
  ] => [name, (...args) => {
    const value = calls[name]?.(...args);
    const isFailure = value === 0n || Number(value) < 0;
    if (!isFailure) objects += change;
    return value;
  }]);
  const symbols = { ...calls, ...Object.fromEntries(counted) };
  return {
    library: { ...library, symbols } as unknown as Library,
    failed,
    objects: () => objects,
  };
}
