/**
 * The versions of the CNI specification: how their results are read and
 * printed, and what each of them added. Members are declared in `result_shape.ts`.
 */
import {
  always,
  cidr,
  decode,
  type Decoded,
  type Decoder,
  describe,
  goObject,
  ignored,
  ip,
  list,
  omitZero,
  optional,
  text,
} from "./decode.ts";
import { makeSchemaDocument, toJsonSchema } from "./json_schema.ts";
import {
  type CniDns,
  type CniInterface,
  type CniIpConfig,
  type CniResult,
  CURRENT_VERSION,
  INTERFACE,
  IP_CONFIG,
  RESULT,
  type Route,
} from "./result_shape.ts";

type Json = Readonly<Record<string, unknown>>;

/** How the results of some versions are written down. */
interface WireShape {
  readonly read: (raw: unknown) => Decoded<CniResult>;
  /** Returns the members as they are printed, without `cniVersion`. */
  readonly write: (result: CniResult) => Json;
}

const currentResult = goObject<CniResult>(RESULT);

/** From 1.0.0 on. */
const CURRENT: WireShape = {
  read: (raw) => decode(raw, currentResult),
  write: ({ interfaces, ips, routes, dns }) => ({
    interfaces: unlessEmpty(interfaces),
    ips: unlessEmpty(ips),
    routes: unlessEmpty(routes),
    dns: writeDns(dns),
  }),
};

type MiddleInterface = Pick<CniInterface, "name" | "mac" | "sandbox">;

type MiddleIpConfig = CniIpConfig & { readonly version?: undefined };

const middleResult = goObject<CniResult>({
  ...RESULT,
  interfaces: list(goObject<MiddleInterface>({
    name: INTERFACE.name,
    mac: INTERFACE.mac,
    sandbox: INTERFACE.sandbox,
  })),
  ips: list(goObject<MiddleIpConfig>({
    ...IP_CONFIG,
    version: ignored(optional(text)),
  })),
});

/** 0.3.0 to 0.4.0: an interface is three texts, an IP names its family. */
const MIDDLE: WireShape = {
  read: (raw) => decode(raw, middleResult),
  write: (result) =>
    CURRENT.write({
      ...result,
      interfaces: result.interfaces.map(({ name, mac, sandbox }) => ({
        name,
        mac,
        sandbox,
      })),
      ips: result.ips.map((ip) => ({ version: familyOf(ip.address), ...ip })),
    }),
};

/** The only address of a family, with what belongs to it. */
interface LegacyIp {
  readonly ip: string;
  readonly gateway?: string;
  readonly routes: readonly Route[];
}

/** A result of 0.1.0 and 0.2.0. */
interface LegacyResult {
  readonly ip4?: LegacyIp;
  readonly ip6?: LegacyIp;
  readonly dns: CniDns;
}

const legacyIp = goObject<LegacyIp>({
  ip: describe("The address with its prefix length", cidr),
  gateway: describe("The default gateway of this subnet", omitZero(ip)),
  routes: RESULT.routes,
});

const LEGACY_RESULT = {
  ip4: describe("The IPv4 address (CNI 0.1, 0.2)", optional(legacyIp)),
  ip6: describe("The IPv6 address (CNI 0.1, 0.2)", optional(legacyIp)),
  dns: RESULT.dns,
};

const legacyResult = goObject<LegacyResult>(LEGACY_RESULT);

/** 0.1.0 and 0.2.0: one address of each family, and no interfaces. */
const LEGACY: WireShape = {
  read(raw) {
    const { value, faults } = decode(raw, legacyResult);
    return value === undefined ? { faults } : { value: upgrade(value), faults };
  },
  write: ({ ips, routes, dns }) => ({
    ip4: writeLegacyIp("4", ips, routes),
    ip6: writeLegacyIp("6", ips, routes),
    dns: writeDns(dns),
  }),
};

function upgrade({ ip4, ip6, dns }: LegacyResult): CniResult {
  const configs = [ip4, ip6].filter((config) => config !== undefined);
  return {
    cniVersion: CURRENT_VERSION,
    interfaces: [],
    ips: configs.map(({ ip: address, gateway }) =>
      gateway === undefined ? { address } : { address, gateway }
    ),
    routes: configs.flatMap(({ routes }) => routes),
    dns,
  };
}

function writeLegacyIp(
  family: Family,
  ips: readonly CniIpConfig[],
  routes: readonly Route[],
): Json | undefined {
  const config = ips.find(({ address }) => familyOf(address) === family);
  if (config === undefined) return undefined;
  const ofFamily = routes.filter(({ dst }) => familyOf(dst) === family);
  return {
    ip: config.address,
    gateway: config.gateway,
    routes: unlessEmpty(ofFamily),
  };
}

function writeDns(dns: CniDns): Json | undefined {
  const written = {
    nameservers: unlessEmpty(dns.nameservers),
    domain: dns.domain,
    search: unlessEmpty(dns.search),
    options: unlessEmpty(dns.options),
  };
  const isEmpty = Object.values(written).every((value) => value === undefined);
  return isEmpty ? undefined : written;
}

type Family = "4" | "6";

function familyOf(cidr: string): Family {
  return cidr.includes(":") ? "6" : "4";
}

/** Empty lists are not printed. */
function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** What not every version of the specification has. */
export type Feature =
  | "prevResult"
  | "CHECK"
  | "prevResult of DEL"
  | "STATUS"
  | "GC"
  | "MTU of interfaces";

/** A version of the specification. */
interface VersionEntry {
  /** How its results are written down. */
  readonly shape: WireShape;
  /** What it was the first to have. */
  readonly adds: readonly Feature[];
}

/**
 * Every version, the oldest first. A new one is an entry here. New members are
 * declared in `result_shape.ts`, which also names the current version; a shape of
 * its own is needed only if older versions must not print them.
 */
export const VERSIONS = {
  "0.1.0": { shape: LEGACY, adds: [] },
  "0.2.0": { shape: LEGACY, adds: [] },
  "0.3.0": { shape: MIDDLE, adds: ["prevResult"] },
  "0.3.1": { shape: MIDDLE, adds: [] },
  "0.4.0": { shape: MIDDLE, adds: ["CHECK", "prevResult of DEL"] },
  "1.0.0": { shape: CURRENT, adds: [] },
  "1.1.0": { shape: CURRENT, adds: ["STATUS", "GC", "MTU of interfaces"] },
} as const satisfies Readonly<Record<string, VersionEntry>>;

/** A version that is known here. */
export type Version = keyof typeof VERSIONS;

/** Every version that is known here, the oldest first. */
export const ALL_VERSIONS = Object.keys(VERSIONS) as readonly Version[];

/** What is written without `cniVersion` has this version, as in Go's libcni. */
export const DEFAULT_VERSION: Version = "0.1.0";

/** The newest version. */
export const NEWEST_VERSION: Version = CURRENT_VERSION;

/** Whether a version is known here. */
export function isVersion(version: unknown): version is Version {
  return typeof version === "string" && Object.hasOwn(VERSIONS, version);
}

/** Returns the first version that has a feature. */
export function firstVersionWith(feature: Feature): Version {
  const hasAdded = (version: Version) =>
    (VERSIONS[version].adds as readonly Feature[]).includes(feature);
  return ALL_VERSIONS.find(hasAdded) as Version;
}

/** Whether a version has a feature; it need not be known here. */
export function hasFeature(version: string, feature: Feature): boolean {
  return compareVersions(version, firstVersionWith(feature)) >= 0;
}

/** Compares versions, for sorting: negative if `a` is older. */
export function compareVersions(a: string, b: string): number {
  const theirs = b.split(".").map(Number);
  const differences = a.split(".").map((part, index) =>
    Number(part) - (theirs[index] ?? 0)
  );
  return differences.find((difference) => difference !== 0) ?? 0;
}

const ANY_VERSION = {
  ...RESULT,
  ...LEGACY_RESULT,
  cniVersion: describe(
    "The version of the specification; without one, 0.1.0",
    {
      ...omitZero(text),
      // As for Go, "" and null mean "absent".
      keywords: { ...text.keywords, enum: [...ALL_VERSIONS, "", null] },
    },
  ),
};

/** A result of any version: with the members of all of them. */
export type AnyResult =
  & Omit<CniResult, "cniVersion">
  & LegacyResult
  & { readonly cniVersion?: string };

/** Reads the members of all versions, whatever version a result has. */
export const anyResult: Decoder<AnyResult> = goObject<AnyResult>(ANY_VERSION);

const anything = optional(always(undefined));

/**
 * Knows the other keys too: otherwise each of them would be compared with
 * `cniVersion`, as it might be the same in another case.
 */
const header = goObject<{ readonly [Key in keyof AnyResult]?: string }>({
  interfaces: anything,
  ips: anything,
  routes: anything,
  dns: anything,
  ip4: anything,
  ip6: anything,
  cniVersion: ANY_VERSION.cniVersion,
});

/** Reads which version a result says it has. */
export function readVersion(raw: unknown): Decoded<string> {
  const { value, faults } = decode(raw, header);
  return value === undefined
    ? { faults }
    : { value: value.cniVersion ?? DEFAULT_VERSION, faults };
}

/** As the reference plugins indent. */
const INDENT = 4;

/**
 * Prints a CNI result in a version of the specification, as a plugin does after
 * ADD.
 *
 * From 1.0.0 on nothing is lost. 0.3.0 to 0.4.0 have no `mtu`, `socketPath` and
 * `pciID` of interfaces. 0.1.0 and 0.2.0 have no interfaces, one address of each
 * family, and no routes of a family that has no address. The attributes of
 * routes are printed in every version, as libcni does; readers ignore those that
 * they do not know.
 *
 * Source: CNI specification 1.1.0, section 5, "ADD Success", and its history.
 */
export function printResult(result: CniResult, cniVersion: Version): string {
  const written = { cniVersion, ...VERSIONS[cniVersion].shape.write(result) };
  return `${JSON.stringify(written, null, INDENT)}\n`;
}

/**
 * Makes the JSON Schema of a CNI result of any version, as `parseResult` reads
 * it and as plugins print it.
 *
 * @returns The schema, of JSON Schema's draft 2020-12.
 *
 * @example Usage
 * ```ts
 * import { cniResultSchema } from "@cni/vmconf";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(cniResultSchema().title, "CNI result");
 * ```
 */
export function cniResultSchema(): Record<string, unknown> {
  return makeSchemaDocument("result", "CNI result", toJsonSchema(anyResult));
}
