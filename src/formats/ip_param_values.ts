/** The values that `ip=` is made of, each checked before it is used. */
import type { Cidr, Ip } from "../ip/address.ts";
import type { StaticNetworkConf, VmIpConfig } from "../vmconf/conf.ts";
import { cidrOf, ipOf, nameserverOf } from "./values.ts";

/**
 * Whether what is read here has its type; `parseStaticNetworkConf` says what has
 * not, and would take as long as all the rest.
 */
export function hasShape(conf: StaticNetworkConf): boolean {
  return typeof conf === "object" && conf !== null &&
    isTextOrUnset(conf.vmIfName) &&
    Array.isArray(conf.vmNameservers) && conf.vmNameservers.every(isText) &&
    Array.isArray(conf.vmIpConfigs) &&
    conf.vmIpConfigs.every((config) =>
      typeof config === "object" && config !== null &&
      isText(config.address) && isTextOrUnset(config.gateway)
    );
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTextOrUnset(value: unknown): value is string | undefined {
  return value === undefined || isText(value);
}

/** An address of the configuration, and where it stands there. */
export interface IpConfig {
  /** The index in `vmIpConfigs`. */
  readonly position: number;
  readonly address: Cidr;
  readonly gateway?: Ip;
}

/** Parses an address of the configuration. */
export function parseConfig(config: VmIpConfig, position: number): IpConfig {
  const path = `conf.vmIpConfigs[${position}]`;
  const address = cidrOf(config.address, `${path}.address`);
  if (config.gateway === undefined) return { position, address };
  const gateway = ipOf(config.gateway, `${path}.gateway`);
  return { position, address, gateway };
}

/** How many nameservers `ip=` has fields for. */
export const MOST_NAMESERVERS = 2;

/** The nameservers that `ip=` carries. */
export function carriedNameserversOf(conf: StaticNetworkConf): string[] {
  const ipv4: string[] = [];
  conf.vmNameservers.forEach((text, position) => {
    const { family, text: nameserver } = nameserverOf(
      text,
      `conf.vmNameservers[${position}]`,
    );
    if (family === 4) ipv4.push(nameserver);
  });
  return ipv4.slice(0, MOST_NAMESERVERS);
}
