/**
 * The network interfaces of a VM, parsed and checked: what guest formats are
 * made of. What no guest could be configured with is refused here, once.
 */
import { type Cidr, type Ip, printCidr } from "../ip/address.ts";
import { confOf, type StaticNetworkConf } from "../vmconf/conf.ts";
import { leadsNowhere, type NicRoute, routesOf } from "./nic_routes.ts";
import {
  cidrOf,
  deviceName,
  domainOf,
  integerIn,
  invalid,
  ipOf,
  nameserverOf,
  resolverOption,
  unicastMac,
} from "./values.ts";

export type { NicRoute } from "./nic_routes.ts";

/** One network interface of a VM. */
export interface Nic {
  /** What it was made of. */
  readonly conf: StaticNetworkConf;
  /** Which one of the VM it is, from 0. */
  readonly index: number;
  /** Its path in messages: `conf`, or `confs[1]` where there are several. */
  readonly path: string;
  /** The guest's name for it, if it was given. */
  readonly name?: string;
  /** That name, or the kernel's own for the device of that index: `eth0`. */
  readonly nameOrDefault: string;
  readonly mac?: string;
  readonly mtu: number;
  readonly addresses: readonly NicAddress[];
  /** The families of its addresses. */
  readonly families: ReadonlySet<4 | 6>;
  /** All routes: those of `vmRoutes`, and the default ones by the gateways. */
  readonly routes: readonly NicRoute[];
  /** Routes of `vmRoutes` that have no room beside another one. */
  readonly clashes: readonly NicRoute[];
  readonly nameservers: readonly Ip[];
  /** Domains to search: `vmDomain` first, each of them once. */
  readonly search: readonly string[];
  readonly resolverOptions: readonly string[];
}

/** An address of a network interface, and the gateway of its subnet. */
export interface NicAddress {
  /** Its path in messages, such as `conf.vmIpConfigs[0]`. */
  readonly path: string;
  readonly cidr: Cidr;
  readonly gateway?: Ip;
}

/** Parses and checks the configurations of a VM's network interfaces. */
export function nicsOf(confs: readonly StaticNetworkConf[]): Nic[] {
  if (confs.length === 0) {
    throw invalid("confs", "at least one configuration", "none");
  }
  const nics = confs.map((conf, index) =>
    nicOf(conf, index, pathOf(index, confs.length))
  );
  for (const member of ["tapName", "vmIfName", "vmMacAddr"] as const) {
    checkDistinct(nics, member);
  }
  return nics;
}

/** The path of one configuration of several. */
export function pathOf(index: number, count: number): string {
  return count === 1 ? "conf" : `confs[${index}]`;
}

/** Whether a network interface needs IPv6. */
export function hasIpv6({ families, routes }: Nic): boolean {
  return families.has(6) || routes.some(({ dst }) => dst.family === 6);
}

/** The families of addresses. */
export function familiesOf(
  addresses: readonly NicAddress[],
): ReadonlySet<4 | 6> {
  return new Set(addresses.map(({ cidr }) => cidr.family));
}

function nicOf(input: StaticNetworkConf, index: number, path: string): Nic {
  const conf = confOf(input, path);
  const { vmIfName, vmMacAddr, vmDomain } = conf;
  deviceName(conf.tapName, `${path}.tapName`);
  const addresses = conf.vmIpConfigs.map(({ address, gateway }, position) =>
    addressOf(address, gateway, `${path}.vmIpConfigs[${position}]`)
  );
  const name = vmIfName && deviceName(vmIfName, `${path}.vmIfName`);
  const mac = vmMacAddr && unicastMac(vmMacAddr, `${path}.vmMacAddr`);
  const search = conf.vmSearchDomains.map((domain, position) =>
    domainOf(domain, `${path}.vmSearchDomains[${position}]`)
  );
  if (vmDomain) search.unshift(domainOf(vmDomain, `${path}.vmDomain`));
  const families = familiesOf(addresses);
  return {
    conf,
    index,
    path,
    ...(name && { name }),
    nameOrDefault: name || `eth${index}`,
    ...(mac && { mac }),
    mtu: usedMtu(conf, families, path),
    addresses,
    families,
    ...routesOf(conf.vmRoutes, addresses, index, path),
    nameservers: conf.vmNameservers.map((text, position) =>
      nameserverOf(text, `${path}.vmNameservers[${position}]`)
    ),
    search: [...new Set(search)],
    resolverOptions: conf.vmResolverOptions.map((option, position) =>
      resolverOption(option, `${path}.vmResolverOptions[${position}]`)
    ),
  };
}

function addressOf(
  text: string,
  gatewayText: string | undefined,
  path: string,
): NicAddress {
  const cidr = hostOf(cidrOf(text, `${path}.address`), `${path}.address`);
  if (gatewayText === undefined) return { path, cidr };
  const gateway = ipOf(gatewayText, `${path}.gateway`);
  if (gateway.family !== cidr.family) {
    throw invalid(
      `${path}.gateway`,
      `an IPv${cidr.family} address, as ${printCidr(cidr)} is one`,
      gatewayText,
    );
  }
  if (leadsNowhere(gateway, cidr)) {
    throw invalid(
      `${path}.gateway`,
      "the address of another host",
      gatewayText,
    );
  }
  return { path, cidr, gateway };
}

/** Unspecified, limited broadcast and multicast addresses: no host has one. */
const NO_HOST =
  /^(?:0\.0\.0\.0|255\.255\.255\.255|2(?:2[4-9]|3\d)\..*|::|ff[\da-f]{2}:.*)$/;

function hostOf(cidr: Cidr, path: string): Cidr {
  if (!NO_HOST.test(cidr.text)) return cidr;
  throw invalid(path, "the address of a host", printCidr(cidr));
}

const MTUS = [68, 65535] as const;
/** RFC 8200, section 5; below it the kernel has no IPv6 on a link. */
const MTUS_WITH_IPV6 = [1280, 65535] as const;

function usedMtu(
  { vmMtu }: StaticNetworkConf,
  families: ReadonlySet<4 | 6>,
  path: string,
): number {
  const [range, what] = families.has(6)
    ? [MTUS_WITH_IPV6, "an MTU for IPv6"] as const
    : [MTUS, "an MTU"] as const;
  return integerIn(vmMtu, `${path}.vmMtu`, range, what);
}

function checkDistinct(
  nics: readonly Nic[],
  member: "tapName" | "vmIfName" | "vmMacAddr",
): void {
  if (member === "tapName" && areApart(nics)) return;
  const seen = new Set<string>();
  for (const { conf, path, nameOrDefault } of nics) {
    const value = member === "vmIfName" ? nameOrDefault : conf[member];
    if (value === undefined) continue;
    if (seen.has(value)) {
      throw invalid(
        `${path}.${member}`,
        "another one than the VM's other interfaces have",
        value,
      );
    }
    seen.add(value);
  }
}

/** Taps of one name are two devices if they are in two namespaces. */
function areApart(nics: readonly Nic[]): boolean {
  return new Set(nics.map(({ conf }) => conf.netNSPath)).size === nics.length;
}
