/** The real library, of which one call fails as it is told. */
import { type Library, openLibrary } from "../../src/linux/library.ts";

/** Which call fails, and how. */
export interface Failure {
  /** The function. */
  readonly name: string;
  /** Which of its calls fail, from 1. */
  readonly calls: readonly number[];
  /** What it returns then. */
  readonly result: number | bigint;
  /** What `errno` is then. */
  readonly errno?: number;
}

type Call = (...args: unknown[]) => unknown;

/** Wraps the real library. */
export function faultyLibrary(
  { name, calls, result, errno }: Failure,
): Library {
  const library = openLibrary();
  const real = library.symbols as unknown as Record<string, Call>;
  let count = 0;
  let failed = false;
  const fake: Record<string, Call> = {
    [name]: (...args) => {
      count++;
      failed = calls.includes(count);
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
  const symbols = { ...real, ...fake } as unknown as typeof library.symbols;
  return { ...library, symbols } as Library;
}
