/** What a VM needs to know to start on a network. */
import {
  decode,
  type Decoder,
  describe,
  integer,
  list,
  object,
  optional,
  refined,
  text,
} from "../cni/decode.ts";
import { faultError } from "../cni/faults.ts";
import { makeSchemaDocument, toJsonSchema } from "../cni/json_schema.ts";
import { parseJson } from "../cni/json_text.ts";
import { IP_CONFIG, ROUTE, type Route } from "../cni/result_shape.ts";
import { MAC_PATTERN, parseMac } from "./mac.ts";

/** An address of the guest. */
export interface VmIpConfig {
  /** The address with its prefix length, such as `10.0.0.2/24`. */
  readonly address: string;
  /** The default gateway of this subnet. */
  readonly gateway?: string;
}

/**
 * One network interface of a VM: all that is needed to start the VM with it.
 *
 * Plain data: the output of `JSON.stringify` is the interface for other languages.
 * Members that begin with `vm` describe the guest's side.
 *
 * Source: `StaticNetworkConf` of firecracker-go-sdk's `cni/vmconf`.
 */
export interface StaticNetworkConf {
  /** The tap device that the VMM opens. */
  readonly tapName: string;
  /** The network namespace of the tap, in which the VMM must run. */
  readonly netNSPath: string;
  /** The guest's name for the interface; unset: its first device. */
  readonly vmIfName?: string;
  /** The guest's MAC: six bytes, lower case, with colons. */
  readonly vmMacAddr?: string;
  /** The guest's MTU in bytes. */
  readonly vmMtu: number;
  /** The guest's addresses, at least one, in the result's order. */
  readonly vmIpConfigs: readonly VmIpConfig[];
  /** The guest's routes beyond those that its addresses imply. */
  readonly vmRoutes: readonly Route[];
  /** The guest's name servers, in order of preference. */
  readonly vmNameservers: readonly string[];
  /** The guest's local domain. */
  readonly vmDomain?: string;
  /** Domains in which the guest looks up short host names, in order. */
  readonly vmSearchDomains: readonly string[];
  /** Options for the guest's resolver, such as `ndots:2`. */
  readonly vmResolverOptions: readonly string[];
}

/** RFC 791: every module forwards 68 bytes. */
export const LEAST_MTU = 68;

const mac = refined(
  text,
  'six bytes in lower case such as "02:00:00:00:00:01"',
  (mac) => parseMac(mac) === mac,
  { pattern: MAC_PATTERN },
);

const mtu = refined(
  integer,
  `${LEAST_MTU} bytes or more`,
  (mtu) => mtu >= LEAST_MTU,
  { minimum: LEAST_MTU },
);

const ipConfigs = refined(
  list(object<VmIpConfig>({
    address: IP_CONFIG.address,
    gateway: IP_CONFIG.gateway,
  })),
  "at least one address",
  (configs) => configs.length > 0,
  { minItems: 1 },
);

/** The declaration of {@linkcode StaticNetworkConf}. */
export const confDecoder: Decoder<StaticNetworkConf> = object<
  StaticNetworkConf
>({
  tapName: describe("The tap device that the VMM opens", text),
  netNSPath: describe(
    "The network namespace of the tap, in which the VMM must run",
    text,
  ),
  vmIfName: describe(
    "The guest's name for the interface; unset: its first device",
    optional(text),
  ),
  vmMacAddr: describe(
    "The guest's MAC: six bytes, lower case, with colons",
    optional(mac),
  ),
  vmMtu: describe("The guest's MTU in bytes", mtu),
  vmIpConfigs: describe(
    "The guest's addresses, at least one, in the result's order",
    ipConfigs,
  ),
  vmRoutes: describe(
    "The guest's routes beyond those that its addresses imply",
    list(object<Route>(ROUTE)),
  ),
  vmNameservers: describe(
    "The guest's name servers, in order of preference",
    list(text),
  ),
  vmDomain: describe("The guest's local domain", optional(text)),
  vmSearchDomains: describe(
    "Domains in which the guest looks up short host names, in order",
    list(text),
  ),
  vmResolverOptions: describe(
    "Options for the guest's resolver, such as `ndots:2`",
    list(text),
  ),
});

/**
 * Reads a configuration that was printed as JSON.
 *
 * @param input The JSON text, or its value.
 * @returns The configuration, without unknown members, with its addresses in
 * their canonical form.
 * @throws {VmConfError} `invalid-json`, or `invalid-conf` with the path of each
 * value that is wrong, in document order.
 *
 * @example Usage
 * ```ts
 * import { parseStaticNetworkConf } from "@cni/vmconf";
 * import { assertEquals } from "@std/assert";
 *
 * const conf = parseStaticNetworkConf(`{
 *   "tapName": "tap0",
 *   "netNSPath": "/run/netns/a",
 *   "vmMtu": 1500,
 *   "vmIpConfigs": [{ "address": "10.0.0.2/24" }],
 *   "vmRoutes": [],
 *   "vmNameservers": [],
 *   "vmSearchDomains": [],
 *   "vmResolverOptions": []
 * }`);
 * assertEquals(conf.vmMtu, 1500);
 * ```
 */
export function parseStaticNetworkConf(input: unknown): StaticNetworkConf {
  return parseConf(input, "conf");
}

/**
 * Reads a configuration, as {@linkcode parseStaticNetworkConf} does.
 *
 * @param root What the paths of errors begin with.
 */
export function parseConf(input: unknown, root: string): StaticNetworkConf {
  const raw = typeof input === "string" ? parseJson(input) : input;
  const { value, faults } = decode(raw, confDecoder);
  if (value === undefined) throw faultError("invalid-conf", root, faults);
  return value;
}

/**
 * Makes the JSON Schema of `StaticNetworkConf`, for other languages.
 *
 * @returns The schema, of JSON Schema's draft 2020-12.
 *
 * @example Usage
 * ```ts
 * import { staticNetworkConfSchema } from "@cni/vmconf";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(staticNetworkConfSchema().title, "StaticNetworkConf");
 * ```
 */
export function staticNetworkConfSchema(): Record<string, unknown> {
  return makeSchemaDocument(
    "conf",
    "StaticNetworkConf",
    toJsonSchema(confDecoder),
  );
}
