/**
 * Results of every version of the CNI specification, and how the older ones
 * become the current one.
 */
import * as core from "zod/v4/core";
import * as z from "zod/mini";
import { canonicalCidr, parseIp } from "../ip/address.ts";
import { keysOf, type KeyTree } from "./keys.ts";
import type { Dns, Interface, IpConfig, Result, Route } from "./result.ts";

/** The compiled object parser; `z.object` of zod/mini takes twice its time. */
function object<Shape extends core.$ZodShape>(
  shape: Shape,
): core.$ZodObject<Shape, core.$strip> {
  const schema: unknown = new core.$ZodObjectJIT({ type: "object", shape });
  return schema as core.$ZodObject<Shape, core.$strip>;
}

// Go's decoder takes null for "not there", and so do these.
const text = z.nullish(z.string());
const integer = z.nullish(z.int());
const texts = z.nullish(z.array(z.string()));

const dns = z.nullish(
  object({ nameservers: texts, domain: text, search: texts, options: texts }),
);

const routes = z.nullish(z.array(object({
  dst: z.string(),
  gw: text,
  mtu: integer,
  advmss: integer,
  priority: integer,
  table: integer,
  scope: integer,
})));

const ip = { interface: integer, address: z.string(), gateway: text };
const device = { name: text, mac: text, sandbox: text };

const current = object({
  interfaces: z.nullish(z.array(object({
    ...device,
    mtu: integer,
    socketPath: text,
    pciID: text,
  }))),
  ips: z.nullish(z.array(object(ip))),
  routes,
  dns,
});

/** 0.3.0 to 0.4.0: an interface is three texts, an IP names its family. */
const middle = object({
  interfaces: z.nullish(z.array(object(device))),
  ips: z.nullish(z.array(object({ ...ip, version: text }))),
  routes,
  dns,
});

const legacyIp = z.nullish(object({ ip: z.string(), gateway: text, routes }));

/** 0.1.0 and 0.2.0: one address a family, and no interfaces at all. */
const legacy = object({ ip4: legacyIp, ip6: legacyIp, dns });

type Current = z.infer<typeof current>;
type Legacy = z.infer<typeof legacy>;
type RawRoute = NonNullable<Current["routes"]>[number];
type RawInterface = NonNullable<Current["interfaces"]>[number];
type RawIp = NonNullable<Current["ips"]>[number];

/** How results of one version are read. */
export interface Reader {
  /** What a result of this version looks like. */
  readonly schema: core.$ZodType;
  /** Reads a result; `undefined` if any value of it is wrong. */
  readonly read: (raw: unknown) => Result | undefined;
}

/** A process that reads one result ends before compiled code pays. */
const WARM = 5;

function reader<Schema extends core.$ZodType>(
  schema: Schema,
  upgrade: (raw: z.infer<Schema>) => Result | undefined,
): Reader {
  let count = 0;
  return {
    schema,
    read: (raw) => {
      const parsed = z.safeParse(schema, raw, { jitless: ++count < WARM });
      return parsed.success ? upgrade(parsed.data) : undefined;
    },
  };
}

const legacyReader = reader(legacy, upgradeLegacy);
const middleReader = reader(middle, upgradeCurrent);
const currentReader = reader(current, upgradeCurrent);

/** Every `cniVersion` of a result, and what reads it. */
export const VERSIONS = {
  "0.1.0": legacyReader,
  "0.2.0": legacyReader,
  "0.3.0": middleReader,
  "0.3.1": middleReader,
  "0.4.0": middleReader,
  "1.0.0": currentReader,
  "1.1.0": currentReader,
} as const satisfies Record<string, Reader>;

/** A version of CNI results. */
export type Version = keyof typeof VERSIONS;

/** What results of all versions have, before it is known which one it is. */
export const ANY_VERSION: core.$ZodObject<
  { cniVersion: typeof text },
  core.$strip
> = object({ cniVersion: text });

/** The keys that any version of a result knows. */
export const KEYS: KeyTree = keysOf(
  ANY_VERSION,
  legacy,
  middle,
  current,
);

function upgradeLegacy({ ip4, ip6, dns }: Legacy): Result | undefined {
  const configs = [ip4, ip6].filter((config) => !!config);
  return resultOf(
    [],
    configs.map(({ ip, gateway }) => upgradeIp({ address: ip, gateway })),
    configs.flatMap(({ routes }) => (routes ?? []).map(upgradeRoute)),
    dns,
  );
}

function upgradeCurrent(raw: Current): Result | undefined {
  return resultOf(
    (raw.interfaces ?? []).map(upgradeInterface),
    (raw.ips ?? []).map(upgradeIp),
    (raw.routes ?? []).map(upgradeRoute),
    raw.dns,
  );
}

function resultOf(
  interfaces: readonly Interface[],
  ips: readonly (IpConfig | undefined)[],
  routes: readonly (Route | undefined)[],
  dns: Current["dns"],
): Result | undefined {
  return isWhole(ips) && isWhole(routes)
    ? { cniVersion: "1.1.0", interfaces, ips, routes, dns: upgradeDns(dns) }
    : undefined;
}

function isWhole<T>(list: readonly (T | undefined)[]): list is readonly T[] {
  return !list.includes(undefined);
}

/** Empty texts and zeros mean "not set" in Go, and stay away here. */
function upgradeInterface(raw: RawInterface): Interface {
  const upgraded: Mutable<Interface> = { name: raw.name ?? "" };
  if (raw.mac) upgraded.mac = raw.mac;
  if (raw.mtu) upgraded.mtu = raw.mtu;
  if (raw.sandbox) upgraded.sandbox = raw.sandbox;
  if (raw.socketPath) upgraded.socketPath = raw.socketPath;
  if (raw.pciID) upgraded.pciID = raw.pciID;
  return upgraded;
}

/** No config if an address is malformed. */
function upgradeIp(raw: RawIp): IpConfig | undefined {
  const address = canonicalCidr(raw.address);
  const gateway = raw.gateway ? parseIp(raw.gateway)?.text : undefined;
  if (address === undefined) return undefined;
  if (raw.gateway && gateway === undefined) return undefined;
  const upgraded: Mutable<IpConfig> = { address };
  if (typeof raw.interface === "number") upgraded.interface = raw.interface;
  if (gateway !== undefined) upgraded.gateway = gateway;
  return upgraded;
}

/** No route if an address is malformed. */
function upgradeRoute(raw: RawRoute): Route | undefined {
  const dst = canonicalCidr(raw.dst);
  const gw = raw.gw ? parseIp(raw.gw)?.text : undefined;
  if (dst === undefined || (raw.gw && gw === undefined)) return undefined;
  const upgraded: Mutable<Route> = { dst };
  if (gw !== undefined) upgraded.gw = gw;
  if (raw.mtu) upgraded.mtu = raw.mtu;
  if (raw.advmss) upgraded.advmss = raw.advmss;
  if (raw.priority) upgraded.priority = raw.priority;
  // Table 0 and scope 0 ("universe") are values of their own.
  if (typeof raw.table === "number") upgraded.table = raw.table;
  if (typeof raw.scope === "number") upgraded.scope = raw.scope;
  return upgraded;
}

function upgradeDns(raw: Current["dns"]): Dns {
  const upgraded: Mutable<Dns> = {
    nameservers: raw?.nameservers ?? [],
    search: raw?.search ?? [],
    options: raw?.options ?? [],
  };
  if (raw?.domain) upgraded.domain = raw.domain;
  return upgraded;
}

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };
