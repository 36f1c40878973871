/** Systems in which a call fails. */
import { SYSTEM, type System } from "../../src/chain/system.ts";

/** The messages of Deno for errors of the kernel. */
const TEXTS = {
  EACCES: "Permission denied (os error 13)",
  EIO: "Input/output error (os error 5)",
  EMFILE: "Too many open files (os error 24)",
  ENOMEM: "Cannot allocate memory (os error 12)",
  ENOSPC: "No space left on device (os error 28)",
} as const;

/** An error that the kernel may give. */
export type ErrnoName = keyof typeof TEXTS;

/** All of them. */
export const ERRNO_NAMES = Object.keys(TEXTS) as ErrnoName[];

/** The functions that are given a path. */
type PathFunction = "lstat" | "stat" | "readDir" | "open" | "remove" | "mkdir";

/** The error that Deno throws. */
export function createSystemError(code: ErrnoName): Error {
  return Object.assign(new Error(TEXTS[code]), { code });
}

/** The real system, but one function fails with some paths. */
export function createFailingSystem(
  name: PathFunction,
  code: ErrnoName,
  isMeant: (path: string) => boolean,
): System {
  const real: (path: string, ...rest: never[]) => unknown = SYSTEM[name];
  return {
    ...SYSTEM,
    [name]: (path: string, ...rest: never[]) => {
      if (isMeant(path)) throw createSystemError(code);
      return real(path, ...rest);
    },
  };
}
