/** The addresses of a network interface, and what is on its link. */
import {
  type Cidr,
  getBroadcast,
  getHostBits,
  getIpv4BroadcastBits,
  type Ip,
  isHostAddress,
  isLinkLocal,
  printCidr,
} from "../ip/address.ts";
import { makeSubnetSet, type SubnetSet } from "../ip/subnet_set.ts";
import type { VmIpConfig } from "../vmconf/conf.ts";
import { checkCidr, checkIp, invalidConf } from "./values.ts";

/** An address of a network interface, and the gateway of its subnet. */
export interface NicAddress {
  /** Its path in messages, such as `conf.vmIpConfigs[0]`. */
  readonly path: string;
  readonly cidr: Cidr;
  readonly gateway?: Ip;
  /** The gateway's host bits; unset if it is outside the subnet. */
  readonly gatewayBits?: number | bigint;
}

/** Parses one address, and the gateway of its subnet. */
export function parseNicAddress(config: VmIpConfig, path: string): NicAddress {
  const cidr = checkCidr(config.address, `${path}.address`);
  if (config.gateway === undefined) return { path, cidr };
  const gateway = checkIp(config.gateway, `${path}.gateway`);
  return { path, cidr, gateway, gatewayBits: getHostBits(cidr, gateway) };
}

/** Checks that a guest can have an address, and reach its gateway. */
export function checkNicAddress(address: NicAddress): NicAddress {
  const { path, cidr, gateway, gatewayBits } = address;
  if (!isHostAddress(cidr)) {
    throw invalidConf(
      `${path}.address`,
      "the address of a host",
      printCidr(cidr),
    );
  }
  if (gateway === undefined) return address;
  if (gateway.family !== cidr.family) {
    throw invalidConf(
      `${path}.gateway`,
      `an IPv${cidr.family} address, like ${printCidr(cidr)}`,
      gateway.text,
    );
  }
  if (isNonHop(gateway, cidr, gatewayBits)) {
    throw invalidConf(
      `${path}.gateway`,
      "the address of another host",
      gateway.text,
    );
  }
  return address;
}

/** Whether the kernel refuses an address of a subnet as next hop. */
export function isNonHop(
  hop: Ip,
  subnet: Cidr,
  hostBits: number | bigint | undefined = getHostBits(subnet, hop),
): boolean {
  const { family, prefixLength, text } = subnet;
  return hop.text === text ||
    family === 4 && prefixLength <= 30 &&
      hostBits === getIpv4BroadcastBits(prefixLength);
}

/** The interface's own address, and the broadcast address of its subnet. */
export function listNonHops(subnet: Cidr): string[] {
  const broadcast = getBroadcast(subnet);
  return broadcast === undefined ? [subnet.text] : [subnet.text, broadcast];
}

export function listFamilies(
  addresses: readonly NicAddress[],
): ReadonlySet<4 | 6> {
  return new Set(addresses.map(({ cidr }) => cidr.family));
}

/** The first gateway of a family, and where it stands. */
export interface FirstGateway {
  readonly path: string;
  readonly gateway: Ip;
}

/** Finds the gateway of each family that is the default gateway. */
export function findFirstGateways(
  addresses: readonly NicAddress[],
): ReadonlyMap<4 | 6, FirstGateway> {
  const found = new Map<4 | 6, FirstGateway>();
  for (const { path, cidr: { family }, gateway } of addresses) {
    if (gateway === undefined || found.has(family)) continue;
    found.set(family, { path: `${path}.gateway`, gateway });
  }
  return found;
}

/** The subnets of an interface. */
export function collectSubnets(addresses: readonly NicAddress[]): SubnetSet {
  return makeSubnetSet(addresses.map(({ cidr }) => cidr));
}

/** Whether the kernel must be told that a next hop is on the link. */
export function isOffSubnet(via: Ip | undefined, subnets: SubnetSet): boolean {
  return via !== undefined && !isLinkLocal(via) && !subnets.has(via);
}
