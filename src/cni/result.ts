/**
 * CNI results: what the last plugin of a chain prints after ADD. Results of all
 * versions of the specification get one shape.
 *
 * This module is pure: it needs no permission, and also runs in browsers.
 *
 * @example Usage
 * ```ts
 * import { parseResult } from "@cni/vmconf/cni";
 * import { assertEquals } from "@std/assert";
 *
 * const result = parseResult(
 *   '{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/24"}}',
 * );
 * assertEquals(result.ips, [{ address: "10.0.0.2/24" }]);
 * ```
 *
 * @module
 */
import { quote, VmConfError } from "../errors.ts";
import type { Decoded } from "./decode.ts";
import { invalidResultError } from "./faults.ts";
import { parseJson } from "./json_text.ts";
import { findPluginError } from "./plugin_error.ts";
import type { CniResult } from "./result_shape.ts";
import { ALL_VERSIONS, isVersion, readVersion, VERSIONS } from "./versions.ts";

export {
  ERROR_CODES,
  type ErrorCode,
  VmConfError,
  type VmConfErrorOptions,
} from "../errors.ts";
export type {
  CniDns,
  CniInterface,
  CniIpConfig,
  CniResult,
  Route,
} from "./result_shape.ts";
export { cniResultSchema } from "./versions.ts";

/** Options of {@linkcode parseResult}. */
export interface ParseResultOptions {
  /** The maximal length of a text in characters; unset: 16,777,216. */
  readonly maxLength?: number;
}

/**
 * Reads a CNI result of any version from 0.1.0 to 1.1.0.
 *
 * A result without `cniVersion` has version 0.1.0, as in Go's libcni. Keys match
 * exactly, otherwise without regard to case. Unknown keys are ignored. Addresses
 * are returned in their canonical form.
 *
 * @param input The JSON text, or its value.
 * @param options The maximal length.
 * @returns The result in its current shape.
 * @throws {VmConfError} `invalid-json` with line and column, `too-long`,
 * `unsupported-version`, `plugin-failed` if it is the error of a plugin, or
 * `invalid-result` with the path of each value that is wrong, in document order.
 *
 * @example Usage
 * ```ts
 * import { parseResult } from "@cni/vmconf/cni";
 * import { assertEquals } from "@std/assert";
 *
 * const { interfaces } = parseResult({
 *   cniVersion: "1.0.0",
 *   interfaces: [{ name: "tap0", sandbox: "/run/netns/a" }],
 * });
 * assertEquals(interfaces[0]?.name, "tap0");
 * ```
 *
 * Source: CNI specification 1.1.0, section 5; older versions in its history.
 */
export function parseResult(
  input: unknown,
  options: ParseResultOptions = {},
): CniResult {
  const value = typeof input === "string"
    ? parseJson(input, options.maxLength)
    : input;
  if (!isPlain(value)) throw notPlainError(value);
  const raw = value ?? {};
  const { value: result, faults } = read(raw);
  if (result === undefined) throw invalidResultError(faults);
  const isEmpty = result.interfaces.length === 0 && result.ips.length === 0;
  const error = isEmpty ? findPluginError(raw) : undefined;
  if (error !== undefined) throw error;
  return result;
}

/** Otherwise a promise without `await`, bytes or a Map would be an empty result. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value !== undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ||
    Array.isArray(value);
}

function notPlainError(value: unknown): VmConfError {
  const found = value === undefined
    ? "nothing"
    : Object.prototype.toString.call(value);
  return new VmConfError(
    "invalid-result",
    `result: expected JSON text or its value, found ${found}`,
    { path: "result" },
  );
}

function read(raw: unknown): Decoded<CniResult> {
  const { value: version, faults } = readVersion(raw);
  if (version === undefined) throw invalidResultError(faults);
  if (isVersion(version)) return VERSIONS[version].shape.read(raw);
  throw new VmConfError(
    "unsupported-version",
    `unsupported CNI result version ${quote(version)}`,
    {
      path: "result.cniVersion",
      hint: `Supported: ${ALL_VERSIONS.join(", ")}.`,
    },
  );
}
