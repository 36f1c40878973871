/** The results that plugins print. */
import { parseUnchanged } from "../../cni/network.ts";
import { type CniResult, parseResult } from "../../cni/result.ts";
import { printResult, type Version } from "../../cni/versions.ts";
import { VmConfError } from "../../errors.ts";

/** A result as a plugin printed it. */
export interface RawResult {
  /** The version of its shape. */
  readonly cniVersion: string;
  /** The rest of it. */
  readonly [member: string]: unknown;
}

/** A result, as it was printed and as it was parsed. */
export interface PluginResult {
  /** As it was printed, in the version that was asked for. */
  readonly raw: RawResult;
  readonly result: CniResult;
}

export function parsePluginResult(
  stdout: string,
  cniVersion: Version,
): PluginResult {
  const raw = parseUnchanged(stdout);
  // A number too large for JavaScript is parsed to an object as well.
  if (!/^\s*\{/.test(stdout)) {
    throw new VmConfError(
      "invalid-result",
      "result: expected an object",
      { path: "result" },
    );
  }
  const members: Record<string, unknown> = { ...Object(raw) };
  // A plugin may omit its version, as in libcni.
  const isOmitted = !members.cniVersion;
  const written = isOmitted ? { ...members, cniVersion } : members;
  const result = parseResult(isOmitted ? JSON.stringify(written) : stdout);
  // parseResult has checked that the version is a text.
  const printed = { ...written, cniVersion: String(written.cniVersion) };
  return { raw: convertResult(printed, cniVersion, result), result };
}

/** Converts a result to a version of the specification. */
export function convertResult(
  raw: RawResult,
  cniVersion: Version,
  parsed?: CniResult,
): RawResult {
  if (raw.cniVersion === cniVersion) return raw;
  const result = parsed ?? parseResult(JSON.stringify(raw));
  return JSON.parse(printResult(result, cniVersion));
}
