/** The real library, of which one call fails as it is told. */
import { type Library, openLibrary } from "../../src/linux/library.ts";

/** Which call fails, and how. */
export interface Failure {
  /** The function. */
  readonly name: string;
  /** The first of its calls that fails, from 1, and how many after it do too. */
  readonly from: number;
  readonly more: number;
  /** What it returns then. */
  readonly result: number | bigint;
  /** What `errno` is then. */
  readonly errno?: number;
}

type Call = (...args: unknown[]) => unknown;

/** Wraps the real library. */
export function faultyLibrary(failure: Failure): Library {
  const library = openLibrary("test");
  return { ...library, symbols: faulty(library.symbols, failure) } as Library;
}

/** Wraps real functions. */
export function faulty<Functions extends object>(
  functions: Functions,
  { name, from, more, result, errno }: Failure,
): Functions {
  const real = functions as unknown as Record<string, Call>;
  let count = 0;
  let failed = false;
  const fake: Record<string, Call> = {
    [name]: (...args) => {
      count++;
      failed = from <= count && count <= from + more;
      return failed ? result : real[name]?.(...args);
    },
    memcpy: (target, ...rest) => {
      const copied = real.memcpy?.(target, ...rest);
      if (failed && errno !== undefined && target instanceof Int32Array) {
        target[0] = errno;
      }
      return copied;
    },
  };
  return { ...functions, ...fake };
}
