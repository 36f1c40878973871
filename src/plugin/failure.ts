/** Errors as CNI runtimes read them: a code, a message and details. */
import { type ErrorCode, VmConfError } from "../errors.ts";

/**
 * The error codes of the plugin. 8 is libcni's; those from 100 on are the
 * plugin's own.
 *
 * Source: CNI specification 1.1.0, section 2, "Errors"; `pkg/types` of libcni.
 */
export const CNI_ERROR_CODES = {
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

type CniErrorCode = typeof CNI_ERROR_CODES[keyof typeof CNI_ERROR_CODES];

/** The CNI codes of VmConfErrors; all others become `refusedBySystem`. */
const CODES_BY_ERROR: Readonly<Partial<Record<ErrorCode, CniErrorCode>>> = {
  "invalid-json": CNI_ERROR_CODES.undecodable,
  "too-long": CNI_ERROR_CODES.undecodable,
  "unsupported-version": CNI_ERROR_CODES.incompatibleVersion,
  "invalid-result": CNI_ERROR_CODES.invalidConfig,
  "unreadable-input": CNI_ERROR_CODES.unreadableInput,
  "invalid-netns": CNI_ERROR_CODES.invalidEnvironment,
};

/** An error with a CNI error code. */
export class PluginFailure extends Error {
  override readonly name = "PluginFailure";

  constructor(
    readonly code: CniErrorCode,
    message: string,
    /** What to do next, or more facts. */
    readonly details?: string,
  ) {
    super(message);
  }
}

/** Converts our errors; any other error is a bug: undefined. */
export function toPluginFailure(error: unknown): PluginFailure | undefined {
  if (error instanceof PluginFailure) return error;
  if (!(error instanceof VmConfError)) return undefined;
  const { code, message, hint } = error;
  return new PluginFailure(
    CODES_BY_ERROR[code] ?? CNI_ERROR_CODES.refusedBySystem,
    code === "invalid-netns" ? `CNI_NETNS: ${message}` : message,
    hint,
  );
}

/**
 * Formats a failure for a runtime.
 *
 * Source: CNI specification 1.1.0, section 5, "Error".
 */
export function formatFailure(
  { code, message, details }: PluginFailure,
  cniVersion: string,
): string {
  const printed = { cniVersion, code, msg: message, details };
  return `${JSON.stringify(printed, null, 4)}\n`;
}
