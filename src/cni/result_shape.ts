/**
 * The shape of CNI results of the current version, as a type and as a
 * declaration for reading them.
 */
import {
  always,
  cidr,
  describe,
  goObject,
  integer,
  ip,
  list,
  type Members,
  omitZero,
  optional,
  text,
} from "./decode.ts";

/** The version of this shape. */
export const CURRENT_VERSION = "1.1.0";

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

/** The members of a {@linkcode CniInterface}. */
export const INTERFACE: Members<CniInterface> = {
  name: describe("The device's name; empty if the result has none", text),
  mac: describe("The hardware address, as the plugin wrote it", omitZero(text)),
  mtu: describe("The MTU in bytes (CNI 1.1)", omitZero(integer)),
  sandbox: describe(
    "The path of the network namespace; for a VM's interface, the VM's id",
    omitZero(text),
  ),
  socketPath: describe(
    "The path of a vhost-user socket (CNI 1.1)",
    omitZero(text),
  ),
  pciID: describe("The PCI address of the device (CNI 1.1)", omitZero(text)),
};

/** The members of a {@linkcode CniIpConfig}. */
export const IP_CONFIG: Members<CniIpConfig> = {
  interface: describe(
    "The index of the interface that the address is for",
    optional(integer),
  ),
  address: describe(
    "The address with its prefix length, such as `10.0.0.2/24`",
    cidr,
  ),
  gateway: describe("The default gateway of this subnet", omitZero(ip)),
};

/** The members of a {@linkcode Route}. */
export const ROUTE: Members<Route> = {
  dst: describe("The destination, such as `0.0.0.0/0`", cidr),
  gw: describe(
    "The next hop; without one, the gateway of the address",
    omitZero(ip),
  ),
  mtu: describe("The path MTU in bytes", omitZero(integer)),
  advmss: describe(
    "The MSS to advertise to the destination, in bytes",
    omitZero(integer),
  ),
  priority: describe(
    "The priority (metric); the lower one is preferred",
    omitZero(integer),
  ),
  // Table 0 and scope 0 ("universe") are values of their own.
  table: describe("The routing table's number", optional(integer)),
  scope: describe(
    "The scope: 0 universe, 200 site, 253 link, 254 host, 255 nowhere",
    optional(integer),
  ),
};

/** The members of a {@linkcode CniDns}. */
export const DNS: Members<CniDns> = {
  nameservers: describe(
    "Addresses of name servers, in order of preference",
    list(text),
  ),
  domain: describe("The local domain, for short host names", omitZero(text)),
  search: describe(
    "Domains in which short host names are looked up, in order",
    list(text),
  ),
  options: describe("Options for the resolver, such as `ndots:2`", list(text)),
};

/** The members of a {@linkcode CniResult}. */
export const RESULT: Members<CniResult> = {
  cniVersion: describe("The version of this shape", always(CURRENT_VERSION)),
  interfaces: describe(
    "The interfaces that the plugins made, in the result's order",
    list(goObject<CniInterface>(INTERFACE)),
  ),
  ips: describe(
    "The addresses that the plugins assigned, in the result's order",
    list(goObject<CniIpConfig>(IP_CONFIG)),
  ),
  routes: describe(
    "The routes that the plugins made, in the result's order",
    list(goObject<Route>(ROUTE)),
  ),
  dns: describe("How names are to be resolved", goObject<CniDns>(DNS)),
};
