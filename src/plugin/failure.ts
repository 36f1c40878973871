/** What a runtime is told when an operation fails. */
import { type ErrorCode, VmConfError } from "../errors.ts";

/**
 * The error codes that are given: those of the specification, 8 as Go's library
 * gives it, and from 100 on this plugin's own.
 *
 * Source: CNI specification 1.1.0, section 2, "Errors"; `pkg/types` of libcni.
 */
export const CODES = {
  incompatibleVersion: 1,
  invalidEnvironment: 4,
  unreadableInput: 5,
  undecodable: 6,
  invalidConfig: 7,
  invalidNetns: 8,
  unavailable: 50,
  refusedBySystem: 100,
  notAsAdded: 101,
} as const;

/** One of {@linkcode CODES}. */
export type Code = typeof CODES[keyof typeof CODES];

/** Codes of what the other rooms throw; what is not listed is the system's. */
const CODES_BY_ERROR: Readonly<Partial<Record<ErrorCode, Code>>> = {
  "invalid-json": CODES.undecodable,
  "too-long": CODES.undecodable,
  "unsupported-version": CODES.incompatibleVersion,
  "invalid-result": CODES.invalidConfig,
  "unreadable-input": CODES.unreadableInput,
  "invalid-netns": CODES.invalidEnvironment,
};

/** A failure with a code of the specification. */
export class Failure extends Error {
  /** Always `Failure`. */
  override readonly name = "Failure";
  /** What kind of failure it is. */
  readonly code: Code;
  /** What to do next, or what else is known. */
  readonly details?: string;

  /** Makes a failure of its parts. */
  constructor(code: Code, message: string, details?: string) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** Gives an error the code that a runtime knows. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (!(error instanceof VmConfError)) return undefined;
  const { code, message, hint } = error;
  return new Failure(
    CODES_BY_ERROR[code] ?? CODES.refusedBySystem,
    code === "invalid-netns" ? `CNI_NETNS: ${message}` : message,
    hint,
  );
}

/**
 * Prints a failure for a runtime.
 *
 * Source: CNI specification 1.1.0, section 5, "Error".
 */
export function printFailure(
  { code, message, details }: Failure,
  cniVersion: string,
): string {
  const printed = { cniVersion, code, msg: message, details };
  return `${JSON.stringify(printed, null, 4)}\n`;
}
