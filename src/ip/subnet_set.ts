/** Finds fast whether an address is in one of many subnets. */
import { parseIp as toNumber } from "ip-bigint";
import { type Cidr, getWidth, type Ip } from "./address.ts";

export interface SubnetSet {
  /** Whether an address is in one of the subnets. */
  readonly has: (ip: Ip) => boolean;
}

/**
 * Makes a set of subnets. A lookup takes one step for each prefix length, not for
 * each subnet.
 */
export function makeSubnetSet(subnets: readonly Cidr[]): SubnetSet {
  const families: Record<4 | 6, ByLength> = { 4: new Map(), 6: new Map() };
  for (const subnet of subnets) {
    const { family, prefixLength } = subnet;
    const prefix = getPrefix(subnet, prefixLength);
    const known = families[family].get(prefixLength);
    if (known === undefined) {
      families[family].set(prefixLength, new Set([prefix]));
    } else known.add(prefix);
  }
  return {
    has(ip) {
      for (const [prefixLength, prefixes] of families[ip.family]) {
        if (prefixes.has(getPrefix(ip, prefixLength))) return true;
      }
      return false;
    },
  };
}

/** The first bits of subnets, by prefix length. */
type ByLength = Map<number, Set<bigint>>;

function getPrefix({ family, text }: Ip, prefixLength: number): bigint {
  return toNumber(text).number >> BigInt(getWidth(family) - prefixLength);
}
