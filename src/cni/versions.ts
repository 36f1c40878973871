/**
 * Results of every version of the CNI specification, and how the older ones
 * become the current one.
 */
import {
  always,
  cidr,
  decode,
  type Decoded,
  type Decoder,
  goObject,
  ignored,
  integer,
  ipOrEmpty,
  keysOf,
  list,
  nullish,
  omitEmpty,
  optional,
  orElse,
  text,
} from "./decode.ts";
import type { KeyTree } from "./keys.ts";
import type {
  CniDns,
  CniInterface,
  CniIpConfig,
  CniResult,
  Route,
} from "./result.ts";

/** A list that may be absent, or null as Go prints an empty one. */
function listOf<T>(element: Decoder<T>): Decoder<readonly T[]> {
  return orElse(list(element), () => []);
}

const dns = orElse(
  goObject<CniDns>({
    nameservers: listOf(text),
    domain: omitEmpty(text),
    search: listOf(text),
    options: listOf(text),
  }),
  () => ({ nameservers: [], search: [], options: [] }),
);

const routes = listOf(goObject<Route>({
  dst: cidr,
  gw: omitEmpty(ipOrEmpty),
  mtu: omitEmpty(integer),
  advmss: omitEmpty(integer),
  priority: omitEmpty(integer),
  // Table 0 and scope 0 ("universe") are values of their own.
  table: nullish(integer),
  scope: nullish(integer),
}));

const ipConfig = {
  interface: nullish(integer),
  address: cidr,
  gateway: omitEmpty(ipOrEmpty),
};

const device = {
  name: orElse(text, () => ""),
  mac: omitEmpty(text),
  mtu: omitEmpty(integer),
  sandbox: omitEmpty(text),
  socketPath: omitEmpty(text),
  pciID: omitEmpty(text),
};

const cniVersion = always("1.1.0" as const);

const current = goObject<CniResult>({
  cniVersion,
  interfaces: listOf(goObject<CniInterface>(device)),
  ips: listOf(goObject<CniIpConfig>(ipConfig)),
  routes,
  dns,
});

/** 0.3.0 to 0.4.0: an interface is three texts, an IP names its family. */
const middle = goObject<CniResult>({
  cniVersion,
  interfaces: listOf(goObject<Pick<CniInterface, "name" | "mac" | "sandbox">>({
    name: device.name,
    mac: device.mac,
    sandbox: device.sandbox,
  })),
  ips: listOf(
    goObject<CniIpConfig & { readonly version?: undefined }>({
      ...ipConfig,
      version: ignored(nullish(text)),
    }),
  ),
  routes,
  dns,
});

/** The one address of a family, with what belongs to it. */
interface LegacyIp {
  readonly ip: string;
  readonly gateway?: string;
  readonly routes: readonly Route[];
}

/** A result of 0.1.0 and 0.2.0: one address a family, and no interfaces. */
interface Legacy {
  readonly ip4?: LegacyIp;
  readonly ip6?: LegacyIp;
  readonly dns: CniDns;
}

const legacyIp = nullish(
  goObject<LegacyIp>({ ip: cidr, gateway: omitEmpty(ipOrEmpty), routes }),
);

const legacy = goObject<Legacy>({ ip4: legacyIp, ip6: legacyIp, dns });

function upgraded({ ip4, ip6, dns }: Legacy): CniResult {
  const configs = [ip4, ip6].filter((config) => config !== undefined);
  return {
    cniVersion: "1.1.0",
    interfaces: [],
    ips: configs.map(({ ip: address, gateway }) =>
      gateway === undefined ? { address } : { address, gateway }
    ),
    routes: configs.flatMap(({ routes }) => routes),
    dns,
  };
}

/** Reads the results of a version. */
export type Reader = (raw: unknown) => Decoded<CniResult>;

const readCurrent: Reader = (raw) => decode(raw, current);

const readMiddle: Reader = (raw) => decode(raw, middle);

function readLegacy(raw: unknown): Decoded<CniResult> {
  const { value, faults } = decode(raw, legacy);
  return value === undefined ? { faults } : { value: upgraded(value), faults };
}

/** Every `cniVersion` of a result, and what reads it. */
export const VERSIONS = {
  "0.1.0": readLegacy,
  "0.2.0": readLegacy,
  "0.3.0": readMiddle,
  "0.3.1": readMiddle,
  "0.4.0": readMiddle,
  "1.0.0": readCurrent,
  "1.1.0": readCurrent,
} as const satisfies Record<string, Reader>;

/** A version of CNI results. */
export type Version = keyof typeof VERSIONS;

/** Finds what reads the results of a version. */
export function readerOf(version: string): Reader | undefined {
  return Object.hasOwn(VERSIONS, version)
    ? VERSIONS[version as Version]
    : undefined;
}

const anything = optional(always(undefined));

/**
 * Before it is known which version it is. The other keys are known here too, so
 * that nobody has to find out that they are not `cniVersion`, differently spelled.
 */
const anyVersion = goObject<{ readonly [Key in Member]?: string }>({
  cniVersion: nullish(text),
  interfaces: anything,
  ips: anything,
  routes: anything,
  dns: anything,
  ip4: anything,
  ip6: anything,
});

/** A member of a result of any version. */
type Member = keyof CniResult | keyof Legacy;

/** Reads the version that a result says it has. */
export function readVersion(raw: unknown): Decoded<string> {
  const { value, faults } = decode(raw, anyVersion);
  return value === undefined
    ? { faults }
    // As in Go's libcni.
    : { value: value.cniVersion || "0.1.0", faults };
}

/** Collects the keys that any version of a result knows. */
export function knownKeys(): KeyTree {
  return keysOf([anyVersion, legacy, middle, current]);
}
