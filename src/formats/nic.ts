/**
 * The network interfaces of a VM, parsed and checked: formats are written from
 * them. What is wrong for every guest is refused here, once.
 */
import type { Ip } from "../ip/address.ts";
import { parseConf, type StaticNetworkConf } from "../vmconf/conf.ts";
import {
  checkNicAddress,
  listFamilies,
  type NicAddress,
  parseNicAddress,
} from "./nic_addresses.ts";
import { type NicRoutes, parseRoutes } from "./nic_routes.ts";
import {
  checkDeviceName,
  checkDomain,
  checkInteger,
  checkNameserver,
  checkResolverOption,
  checkUnicastMac,
  invalidConf,
} from "./values.ts";

/** One network interface of a VM. */
export interface Nic extends NicRoutes {
  /** The configuration that it was parsed from. */
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
  readonly nameservers: readonly Ip[];
  /** Domains to search: `vmDomain` first, each of them once. */
  readonly search: readonly string[];
  readonly resolverOptions: readonly string[];
}

/** Parses and checks the configurations of a VM's network interfaces. */
export function parseNics(confs: readonly StaticNetworkConf[]): Nic[] {
  if (confs.length === 0) {
    throw invalidConf("confs", "at least one configuration", "none");
  }
  const nics = confs.map((conf, index) =>
    parseNic(conf, index, getConfPath(index, confs.length))
  );
  for (const member of ["tapName", "vmIfName", "vmMacAddr"] as const) {
    checkDistinct(nics, member);
  }
  return nics;
}

/** The path of one configuration of several. */
export function getConfPath(index: number, count: number): string {
  return count === 1 ? "conf" : `confs[${index}]`;
}

/** Whether a network interface needs IPv6. */
export function needsIpv6({ families, routes }: Nic): boolean {
  return families.has(6) || routes.some(({ dst }) => dst.family === 6);
}

function parseNic(input: StaticNetworkConf, index: number, path: string): Nic {
  const conf = parseConf(input, path);
  const { vmIfName, vmMacAddr, vmDomain } = conf;
  checkDeviceName(conf.tapName, `${path}.tapName`);
  const addresses = conf.vmIpConfigs.map((config, position) =>
    checkNicAddress(
      parseNicAddress(config, `${path}.vmIpConfigs[${position}]`),
    )
  );
  const name = vmIfName && checkDeviceName(vmIfName, `${path}.vmIfName`);
  const mac = vmMacAddr && checkUnicastMac(vmMacAddr, `${path}.vmMacAddr`);
  const search = conf.vmSearchDomains.map((domain, position) =>
    checkDomain(domain, `${path}.vmSearchDomains[${position}]`)
  );
  if (vmDomain) search.unshift(checkDomain(vmDomain, `${path}.vmDomain`));
  const families = listFamilies(addresses);
  return {
    conf,
    index,
    path,
    ...(name && { name }),
    nameOrDefault: name || `eth${index}`,
    ...(mac && { mac }),
    mtu: checkMtu(conf, families, path),
    addresses,
    families,
    ...parseRoutes(conf.vmRoutes, addresses, index, path),
    nameservers: conf.vmNameservers.map((text, position) =>
      checkNameserver(text, `${path}.vmNameservers[${position}]`)
    ),
    search: [...new Set(search)],
    resolverOptions: conf.vmResolverOptions.map((option, position) =>
      checkResolverOption(option, `${path}.vmResolverOptions[${position}]`)
    ),
  };
}

const MTUS = [68, 65535] as const;
/** RFC 8200, section 5; below it the kernel has no IPv6 on a link. */
const MTUS_WITH_IPV6 = [1280, 65535] as const;

function checkMtu(
  { vmMtu }: StaticNetworkConf,
  families: ReadonlySet<4 | 6>,
  path: string,
): number {
  const [range, what] = families.has(6)
    ? [MTUS_WITH_IPV6, "an MTU for IPv6"] as const
    : [MTUS, "an MTU"] as const;
  return checkInteger(vmMtu, `${path}.vmMtu`, range, what);
}

function checkDistinct(
  nics: readonly Nic[],
  member: "tapName" | "vmIfName" | "vmMacAddr",
): void {
  if (member === "tapName" && haveOwnNetns(nics)) return;
  const seen = new Set<string>();
  for (const { conf, path, nameOrDefault } of nics) {
    const value = member === "vmIfName" ? nameOrDefault : conf[member];
    if (value === undefined) continue;
    if (seen.has(value)) {
      throw invalidConf(
        `${path}.${member}`,
        "a value that no other interface of the VM has",
        value,
      );
    }
    seen.add(value);
  }
}

/** Taps of one name are two devices if they are in two namespaces. */
function haveOwnNetns(nics: readonly Nic[]): boolean {
  return new Set(nics.map(({ conf }) => conf.netNSPath)).size === nics.length;
}
