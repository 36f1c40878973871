/** The values that `ip=` is made of, each checked before it is used. */
import { quote, VmConfError } from "../errors.ts";
import { type Cidr, type Ip, parseCidr, parseIp } from "../ip/address.ts";
import type { StaticNetworkConf, VmIpConfig } from "../vmconf/conf.ts";

/**
 * Whether what is read here has its type; `parseStaticNetworkConf` says what has
 * not, and would take as long as all the rest.
 *
 * @param conf The configuration.
 * @returns Whether it can be read.
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

/**
 * Parses an address of the configuration.
 *
 * @param config The address and its gateway.
 * @param position Its index in `vmIpConfigs`.
 * @returns Both, parsed.
 * @throws {VmConfError} `invalid-conf` if one is malformed.
 */
export function parseConfig(config: VmIpConfig, position: number): IpConfig {
  const address = parseCidr(config.address);
  if (address === undefined) {
    throw invalid(
      `vmIpConfigs[${position}].address`,
      'an address with prefix length such as "10.0.0.2/24"',
      config.address,
    );
  }
  if (config.gateway === undefined) return { position, address };
  const gateway = parseIp(config.gateway);
  if (gateway === undefined) {
    throw invalid(
      `vmIpConfigs[${position}].gateway`,
      'an IP address such as "10.0.0.1"',
      config.gateway,
    );
  }
  return { position, address, gateway };
}

/** How many nameservers `ip=` has fields for. */
export const MOST_NAMESERVERS = 2;

/**
 * The nameservers that `ip=` carries.
 *
 * @param conf The configuration.
 * @returns The first IPv4 ones.
 * @throws {VmConfError} `invalid-conf` if any nameserver is malformed.
 */
export function carriedNameserversOf(conf: StaticNetworkConf): string[] {
  const ipv4: string[] = [];
  conf.vmNameservers.forEach((text, position) => {
    const nameserver = parseNameserver(text, position);
    if (nameserver.family === 4) ipv4.push(nameserver.text);
  });
  return ipv4.slice(0, MOST_NAMESERVERS);
}

/** What the kernel takes for no nameserver. */
const UNSET = /^(?:0\.0\.0\.0|255\.255\.255\.255)$/;

/**
 * Parses a nameserver of the configuration.
 *
 * @param text The nameserver.
 * @param position Its index in `vmNameservers`.
 * @returns Its address.
 * @throws {VmConfError} `invalid-conf` if it is none, or unset for the kernel.
 */
export function parseNameserver(text: string, position: number): Ip {
  const nameserver = parseIp(text);
  if (nameserver !== undefined && !UNSET.test(nameserver.text)) {
    return nameserver;
  }
  throw invalid(
    `vmNameservers[${position}]`,
    'an IP address such as "10.0.0.53"',
    text,
  );
}

/**
 * Makes the error of a value that `ip=` cannot be made of.
 *
 * @param field The value's path in the configuration.
 * @param expected What should be there.
 * @param found What is there.
 * @returns The error, not yet thrown.
 */
export function invalid(
  field: string,
  expected: string,
  found: string,
): VmConfError {
  const path = `conf.${field}`;
  return new VmConfError(
    "invalid-conf",
    `${path}: expected ${expected}, found ${quote(String(found))}`,
    { path, hint: "ip= has no way to write it: correct the value." },
  );
}
