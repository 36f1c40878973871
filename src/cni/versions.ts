/**
 * Results of every version of the CNI specification, and how the older ones
 * become the current one.
 */
import * as z from "zod/mini";
import { parseCidr, parseIp, printCidr } from "../ip/address.ts";
import { type Fault, faultAt, faultsOf, type Place } from "./faults.ts";
import { keysOf, type KeyTree } from "./keys.ts";
import type { Dns, Interface, IpConfig, Result, Route } from "./result.ts";

/** The compiled object parser; `z.object` of zod/mini takes twice its time. */
function object<Shape extends z.core.$ZodShape>(
  shape: Shape,
): z.core.$ZodObject<Shape, z.core.$strip> {
  const schema: unknown = new z.core.$ZodObjectJIT({ type: "object", shape });
  return schema as z.core.$ZodObject<Shape, z.core.$strip>;
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

/** Reads a result of one version, and notes what is wrong with it. */
type Reader = (raw: unknown, faults: Fault[]) => Result | undefined;

function reader<Schema extends z.core.$ZodType>(
  schema: Schema,
  upgrade: (raw: z.infer<Schema>, faults: Fault[]) => Result,
): Reader {
  return (raw, faults) => {
    const parsed = z.safeParse(schema, raw);
    if (parsed.success) return upgrade(parsed.data, faults);
    faults.push(...faultsOf(parsed.error.issues, raw));
  };
}

const readLegacy = reader(legacy, upgradeLegacy);
const readMiddle = reader(middle, upgradeCurrent);
const readCurrent = reader(current, upgradeCurrent);

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

/** The keys that any version of a result knows. */
export const KEYS: KeyTree = keysOf(
  object({ cniVersion: text }),
  legacy,
  middle,
  current,
);

function upgradeLegacy(raw: Legacy, faults: Fault[]): Result {
  const ips: IpConfig[] = [];
  const routes: Route[] = [];
  for (const family of ["ip4", "ip6"] as const) {
    const config = raw[family];
    if (!config) continue;
    ips.push(ipConfig(
      cidrAt([family, "ip"], config.ip, faults),
      ipAt([family, "gateway"], config.gateway, faults),
    ));
    routes.push(...routesAt([family, "routes"], config.routes, faults));
  }
  return {
    cniVersion: "1.1.0",
    interfaces: [],
    ips,
    routes,
    dns: upgradeDns(raw.dns),
  };
}

function upgradeCurrent(raw: Current, faults: Fault[]): Result {
  return {
    cniVersion: "1.1.0",
    interfaces: (raw.interfaces ?? []).map(upgradeInterface),
    ips: (raw.ips ?? []).map((ip, index) => upgradeIp(ip, index, faults)),
    routes: routesAt(["routes"], raw.routes, faults),
    dns: upgradeDns(raw.dns),
  };
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

function upgradeIp(raw: RawIp, index: number, faults: Fault[]): IpConfig {
  return ipConfig(
    cidrAt(["ips", index, "address"], raw.address, faults),
    ipAt(["ips", index, "gateway"], raw.gateway, faults),
    raw.interface,
  );
}

function ipConfig(
  address: string,
  gateway: string | undefined,
  index?: number | null,
): IpConfig {
  const config: Mutable<IpConfig> = { address };
  if (index !== undefined && index !== null) config.interface = index;
  if (gateway !== undefined) config.gateway = gateway;
  return config;
}

function routesAt(
  place: Place,
  raw: readonly RawRoute[] | null | undefined,
  faults: Fault[],
): Route[] {
  return (raw ?? []).map((route, index) => {
    const upgraded: Mutable<Route> = {
      dst: cidrAt([...place, index, "dst"], route.dst, faults),
    };
    const gw = ipAt([...place, index, "gw"], route.gw, faults);
    if (gw !== undefined) upgraded.gw = gw;
    if (route.mtu) upgraded.mtu = route.mtu;
    if (route.advmss) upgraded.advmss = route.advmss;
    if (route.priority) upgraded.priority = route.priority;
    // Table 0 and scope 0 ("universe") are values of their own.
    if (typeof route.table === "number") upgraded.table = route.table;
    if (typeof route.scope === "number") upgraded.scope = route.scope;
    return upgraded;
  });
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

function cidrAt(place: Place, value: string, faults: Fault[]): string {
  const cidr = parseCidr(value);
  if (cidr !== undefined) return printCidr(cidr);
  faults.push(faultAt(place, value));
  return value;
}

function ipAt(
  place: Place,
  value: string | null | undefined,
  faults: Fault[],
): string | undefined {
  if (!value) return undefined;
  const ip = parseIp(value);
  if (ip !== undefined) return ip.text;
  faults.push(faultAt(place, value));
  return value;
}

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };
