/** Errors as data: what went wrong, where, and what to do next. */

/** Every `code` that a {@linkcode VmConfError} can have, and what it means. */
export const ERROR_CODES = {
  "invalid-json": "the text is not exactly one JSON document",
  "too-long": "the text is longer than allowed",
  "unsupported-version":
    "a version of the CNI specification is unknown here, or lacks a command",
  "invalid-result": "a value of the CNI result has the wrong type or form",
  "no-pair": "the VM's pseudo-interface or its tap is missing or ambiguous",
  "no-ip": "no address of the result belongs to the VM",
  "invalid-mac": "the VM's MAC is not six bytes",
  "invalid-mtu":
    "the MTU that was given, or that of the result, cannot be used",
  "invalid-netns": "the path is missing or is not a network namespace",
  "netns-denied": "the process may not enter the network namespace",
  "no-device": "the network namespace has no such device",
  "ffi-denied": "permission to load the system's library was not granted",
  "no-library": "neither libnl-route nor libc could be loaded",
  "system-call": "a system call failed unexpectedly",
  "invalid-conf":
    "a value of the StaticNetworkConf is malformed or cannot be written safely",
  "invalid-option": "an option of a format has a wrong value",
  "left-out":
    "the format does not support a value, and losses were not allowed",
  "not-representable": "a guest would read this configuration wrongly",
  "invalid-network":
    "a value of a network configuration has the wrong type or form",
  "no-network": "no network configuration has that name",
  "invalid-attachment":
    "the container's id, an interface's name or an argument is malformed",
  "no-plugin": "none of the plugin folders has the CNI plugin",
  "plugin-failed": "a CNI plugin failed, or printed no valid result",
  "plugin-timeout": "a CNI plugin took too long and was killed",
  "not-granted": "a permission that CNI operations need was not granted",
  "not-added": "the container is not attached to the network",
  "already-added":
    "the container is already attached to the network, and its namespace exists",
  "in-use": "something belongs to somebody else, or a running VM uses it",
  "uncertain":
    "vmconf cannot tell whether something is still in use, and left it as it is",
  "busy": "another operation on the same container takes too long",
  "interrupted": "the operation was stopped before its end",
  "cache-failed":
    "the record of an attachment could not be read, written or removed",
  "usage": "the command line is wrong",
  "unreadable-input": "the input could not be read",
  "unwritable-output": "the output could not be written",
  "unexpected": "the input is too large, or vmconf has a bug",
} as const;

/** The closed list of error codes; see {@linkcode ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The optional parts of a {@linkcode VmConfError}. */
export interface VmConfErrorOptions {
  /** Where: a JSON path such as `result.ips[1].address`. */
  readonly path?: string;
  /** What to do next: a sentence or two for a person. */
  readonly hint?: string;
  /** The error that led to this one, if there is one. */
  readonly cause?: unknown;
}

/**
 * The one error that this package throws on purpose.
 *
 * @example Usage
 * ```ts
 * import { parseResult, VmConfError } from "../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * try {
 *   parseResult({ cniVersion: "9.9.9" });
 * } catch (error) {
 *   if (!(error instanceof VmConfError)) throw error;
 *   assertEquals(error.code, "unsupported-version");
 *   assertEquals(error.path, "result.cniVersion");
 * }
 * ```
 */
export class VmConfError extends Error {
  /** Always `VmConfError`. */
  override readonly name = "VmConfError";
  /** What kind of error it is. */
  readonly code: ErrorCode;
  /** Where: a JSON path such as `result.ips[1].address`. */
  readonly path?: string;
  /** What to do next. */
  readonly hint?: string;

  /**
   * Creates an error.
   *
   * @param code What kind of error it is.
   * @param message What was expected and what was found. If the Go package has
   * such a message, this one begins with the same words.
   * @param options Where, what to do next, and the error behind this one.
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: VmConfErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.path = options.path;
    this.hint = options.hint;
  }
}

/** For `catch`: returns our errors, and throws anything else, which is a bug. */
export function requireVmConfError(error: unknown): VmConfError {
  if (error instanceof VmConfError) return error;
  throw error;
}

/** The same error with other words. */
export function rewordError(
  error: VmConfError,
  message: string,
  hint = error.hint,
): VmConfError {
  const { code, path } = error;
  return new VmConfError(code, message, { path, hint, cause: error });
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** Nearly every text; a fast check before the slow one for Unicode. */
const PLAIN = /^[ -~]*$/;

/**
 * Puts a value in double quotes for a message, as Go's `%q` does: nothing in it
 * can move the cursor, end the quotes or hide.
 */
export function quote(text: string): string {
  return `"${printable(text.replace(/["\\]/g, escapeCharacter))}"`;
}

/** Escapes what is unprintable in a text, as {@linkcode quote} does. */
export function printable(
  text: string,
  escape: (character: string) => string = escapeCharacter,
): string {
  if (PLAIN.test(text)) return text;
  // Not at the top of the file: V8 takes a millisecond to compile it, and few need
  // it.
  const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;
  return text.toWellFormed().replace(
    unprintable,
    (character) => escape(character),
  );
}

function escapeCharacter(character: string): string {
  const known = ESCAPES[character];
  if (known !== undefined) return known;
  const codePoint = character.codePointAt(0) ?? 0;
  const hex = codePoint.toString(16);
  if (codePoint < 0x20 || codePoint === 0x7f) {
    return `\\x${hex.padStart(2, "0")}`;
  }
  return codePoint < 0x10000
    ? `\\u${hex.padStart(4, "0")}`
    : `\\U${hex.padStart(8, "0")}`;
}
