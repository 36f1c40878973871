/**
 * CNI results: what the last plugin of a chain prints after ADD, in any version
 * of the specification, brought to one shape.
 *
 * This door is pure: it needs no permission and runs in a browser too.
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
import { type Fault, wordsOf } from "./faults.ts";
import { parseJson } from "./json_text.ts";
import { pluginErrorIn } from "./plugin_error.ts";
import { type Reader, readerOf, readVersion, VERSIONS } from "./versions.ts";

export {
  ERROR_CODES,
  type ErrorCode,
  VmConfError,
  type VmConfErrorOptions,
} from "../errors.ts";

/**
 * A CNI result in its current shape, whatever version it was printed in.
 *
 * Source: CNI specification 1.1.0, section 5, "ADD Success".
 */
export interface CniResult {
  /** The version of this shape. */
  readonly cniVersion: "1.1.0";
  /** The interfaces that the plugins made, in the result's order. */
  readonly interfaces: readonly CniInterface[];
  /** The addresses that the plugins assigned, in the result's order. */
  readonly ips: readonly CniIpConfig[];
  /** The routes that the plugins made, in the result's order. */
  readonly routes: readonly Route[];
  /** How names are to be resolved. */
  readonly dns: CniDns;
}

/** An interface of a CNI result. */
export interface CniInterface {
  /** The device's name; empty if the result has none. */
  readonly name: string;
  /** The hardware address, as the plugin wrote it. */
  readonly mac?: string;
  /** The MTU in bytes (CNI 1.1). */
  readonly mtu?: number;
  /** The path of the network namespace; for a VM's interface, the VM's id. */
  readonly sandbox?: string;
  /** The path of a vhost-user socket (CNI 1.1). */
  readonly socketPath?: string;
  /** The PCI address of the device (CNI 1.1). */
  readonly pciID?: string;
}

/** An address of a CNI result. */
export interface CniIpConfig {
  /** The index of the interface that the address is for. */
  readonly interface?: number;
  /** The address with its prefix length, such as `10.0.0.2/24`. */
  readonly address: string;
  /** The default gateway of this subnet. */
  readonly gateway?: string;
}

/** A route of a CNI result. */
export interface Route {
  /** The destination, such as `0.0.0.0/0`. */
  readonly dst: string;
  /** The next hop; without one, the gateway of the address. */
  readonly gw?: string;
  /** The path MTU in bytes. */
  readonly mtu?: number;
  /** The MSS to advertise to the destination, in bytes. */
  readonly advmss?: number;
  /** The priority (metric); the lower one is preferred. */
  readonly priority?: number;
  /** The routing table's number. */
  readonly table?: number;
  /** The scope: 0 universe, 200 site, 253 link, 254 host, 255 nowhere. */
  readonly scope?: number;
}

/** How names are to be resolved. */
export interface CniDns {
  /** Addresses of name servers, in order of preference. */
  readonly nameservers: readonly string[];
  /** The local domain, for short host names. */
  readonly domain?: string;
  /** Domains in which short host names are looked up, in order. */
  readonly search: readonly string[];
  /** Options for the resolver, such as `ndots:2`. */
  readonly options: readonly string[];
}

/** Choices of {@linkcode parseResult}. */
export interface ParseResultOptions {
  /** The most characters that a text may have; unset: 16,777,216. */
  readonly maxLength?: number;
}

/**
 * Reads a CNI result of any version from 0.1.0 to 1.1.0.
 *
 * A result without `cniVersion` is of version 0.1.0, as in Go's libcni. Keys
 * match exactly, and otherwise without regard to case. Unknown keys are
 * ignored, and addresses come back in their canonical form.
 *
 * @param input The JSON text, or the value that it stands for.
 * @param options How long a text may be.
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
  if (!isPlain(value)) throw notPlain(value);
  const raw = value ?? {};
  const { value: result, faults } = readerFor(raw)(raw);
  if (result === undefined) throw invalidResult(faults);
  const isEmpty = result.interfaces.length === 0 && result.ips.length === 0;
  const error = isEmpty ? pluginErrorIn(raw) : undefined;
  if (error !== undefined) throw error;
  return result;
}

/** A forgotten `await`, bytes or a Map would pass for an empty result. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value !== undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ||
    Array.isArray(value);
}

function notPlain(value: unknown): VmConfError {
  const found = value === undefined
    ? "nothing"
    : Object.prototype.toString.call(value);
  return new VmConfError(
    "invalid-result",
    `result: expected JSON text or the value that it stands for, found ${found}`,
    { path: "result" },
  );
}

function invalidResult(faults: readonly Fault[]): VmConfError {
  const { message, path } = wordsOf(faults, "result");
  return new VmConfError("invalid-result", message, {
    path,
    hint: "See the CNI specification, section 5 (Result Types).",
  });
}

function readerFor(raw: unknown): Reader {
  const { value: version, faults } = readVersion(raw);
  if (version === undefined) throw invalidResult(faults);
  const reader = readerOf(version);
  if (reader !== undefined) return reader;
  throw new VmConfError(
    "unsupported-version",
    `unsupported CNI result version ${quote(version)}`,
    {
      path: "result.cniVersion",
      hint: `Supported: ${Object.keys(VERSIONS).join(", ")}.`,
    },
  );
}
