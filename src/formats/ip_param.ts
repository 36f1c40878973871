/**
 * The kernel's `ip=` boot parameter.
 *
 * Source: the kernel's Documentation/admin-guide/nfs/nfsroot.rst and
 * net/ipv4/ipconfig.c. The kernel's parser knows neither escapes nor errors, so
 * what it would misread is refused here.
 */
import { VmConfError } from "../errors.ts";
import { printCidr, printIpv4Mask } from "../ip/address.ts";
import {
  parseStaticNetworkConf,
  type StaticNetworkConf,
} from "../vmconf/conf.ts";
import { findAlternatives } from "./alternatives.ts";
import { listAddressFields } from "./losses.ts";
import type { Nic } from "./nic.ts";
import {
  checkNicAddress,
  type NicAddress,
  parseNicAddress,
} from "./nic_addresses.ts";
import type { FormatField } from "./format_table.ts";
import { checkNameserver, checkText, isNicName, listSome } from "./values.ts";

/**
 * Writes the value of the kernel's `ip=` parameter.
 *
 * Fields: `client-ip::gateway:netmask::device:off:dns0:dns1`, without empty
 * fields at the end. What has no field is left out; the `ip` format also reports
 * what that was.
 *
 * @param conf The configuration of one network interface, trusted or not.
 * @returns The value, without `ip=`: one word, safe on a kernel command line.
 * @throws {VmConfError} `not-representable` if the guest would boot with another
 * network: no IPv4 address or several, /32 or /0, /31 with a gateway, a gateway
 * outside the subnet; `invalid-conf` if a value is wrong for every format.
 *
 * @example Usage
 * ```ts
 * import { ipBootParam } from "@cni/vmconf";
 * import { assertEquals } from "@std/assert";
 *
 * const value = ipBootParam({
 *   tapName: "tap0",
 *   netNSPath: "/run/netns/a",
 *   vmIfName: "eth0",
 *   vmMtu: 1500,
 *   vmIpConfigs: [{ address: "10.0.0.2/24", gateway: "10.0.0.1" }],
 *   vmRoutes: [],
 *   vmNameservers: ["10.0.0.53"],
 *   vmSearchDomains: [],
 *   vmResolverOptions: [],
 * });
 * assertEquals(
 *   value,
 *   "10.0.0.2::10.0.0.1:255.255.255.0::eth0:off:10.0.0.53",
 * );
 * ```
 */
export function ipBootParam(conf: StaticNetworkConf): string {
  if (!hasShape(conf)) parseStaticNetworkConf(conf);
  return writeIpParam({
    path: "conf",
    name: conf.vmIfName,
    addresses: conf.vmIpConfigs.map((config, position) => {
      const address = parseNicAddress(config, `conf.vmIpConfigs[${position}]`);
      return isIpv4(address) ? checkNicAddress(address) : address;
    }),
    nameservers: conf.vmNameservers.map((text, position) =>
      checkNameserver(text, `conf.vmNameservers[${position}]`)
    ),
  });
}

/**
 * Whether the values that are used here have their types. Otherwise
 * `parseStaticNetworkConf` reports the fault; it takes as long as all the rest.
 */
function hasShape(conf: StaticNetworkConf): boolean {
  return typeof conf === "object" && conf !== null &&
    isTextOrUnset(conf.vmIfName) &&
    Array.isArray(conf.vmNameservers) && conf.vmNameservers.every(isText) &&
    Array.isArray(conf.vmIpConfigs) && conf.vmIpConfigs.length > 0 &&
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

/** The parts of a network interface that `ip=` is built from. */
type IpParts = Pick<Nic, "path" | "name" | "addresses" | "nameservers">;

/** Writes the value of `ip=` for a network interface. */
export function writeIpParam(parts: IpParts): string {
  const built = buildIpParam(parts);
  if (typeof built === "string") return built;
  const { path, problem, needed } = built;
  throw new VmConfError("not-representable", `${path}: ${problem}`, {
    path,
    hint: `Formats that support it: ${
      findAlternatives(parts.path, needed).join(", ")
    }.`,
  });
}

/** Why `ip=` cannot express a network interface. */
export interface IpObstacle {
  readonly path: string;
  /** What was expected and found, and what would go wrong. */
  readonly problem: string;
  /** What a format must support to express it. */
  readonly needed: readonly FormatField[];
}

/** Builds the value of `ip=`, or finds why the guest would boot wrongly. */
export function buildIpParam(parts: IpParts): string | IpObstacle {
  const ipv4 = parts.addresses.filter(isIpv4);
  const address = ipv4[0];
  if (address === undefined || ipv4.length > 1) {
    const found = parts.addresses.map(({ cidr }) => printCidr(cidr));
    return {
      path: `${parts.path}.vmIpConfigs`,
      problem: `expected one IPv4 address, found ${
        listSome(found, found.length, ", ")
      }: the kernel's ip= has one address, and knows IPv4 only`,
      needed: listAddressFields(parts.addresses),
    };
  }
  return findAddressObstacle(address) ?? findGatewayObstacle(address) ??
    writeFields(parts, address);
}

function isIpv4({ cidr }: NicAddress): boolean {
  return cidr.family === 4;
}

function writeFields(parts: IpParts, { cidr, gateway }: NicAddress): string {
  const server = "";
  const hostname = "";
  const netmask = printIpv4Mask(cidr.prefixLength);
  const device = checkDevice(parts);
  const via = gateway?.text ?? "";
  // Concatenated: joining a list takes twice as long.
  let fields =
    `${cidr.text}:${server}:${via}:${netmask}:${hostname}:${device}:off`;
  for (const text of listIpNameservers(parts)) fields += `:${text}`;
  return fields;
}

/** How many nameservers `ip=` has fields for. */
export const MOST_NAMESERVERS = 2;

/** Lists the nameservers that `ip=` has fields for. */
export function listIpNameservers(
  { nameservers }: Pick<Nic, "nameservers">,
): string[] {
  const ipv4: string[] = [];
  for (const { family, text } of nameservers) {
    if (family === 4 && ipv4.length < MOST_NAMESERVERS) ipv4.push(text);
  }
  return ipv4;
}

function findAddressObstacle(address: NicAddress): IpObstacle | undefined {
  const { path, cidr } = address;
  if (cidr.prefixLength > 0 && cidr.prefixLength < 32) return undefined;
  const mask = printIpv4Mask(cidr.prefixLength);
  return {
    path: `${path}.address`,
    problem: `expected a prefix length of 1 to 31, found ${
      printCidr(cidr)
    }: the kernel treats the mask ${mask} as unset and guesses another`,
    needed: hasOffSubnetGateway(address) ? ["ipv4", "onLink"] : ["ipv4"],
  };
}

function findGatewayObstacle(address: NicAddress): IpObstacle | undefined {
  const { path, cidr, gateway } = address;
  if (gateway === undefined) return undefined;
  const isOff = hasOffSubnetGateway(address);
  const needed = isOff ? ["ipv4", "onLink"] as const : ["ipv4"] as const;
  if (cidr.prefixLength === 31) {
    return {
      path: `${path}.gateway`,
      problem:
        `expected no gateway for a prefix length of 31, found ${gateway.text}: the kernel's ip= cannot reach a gateway in a subnet of two`,
      needed,
    };
  }
  return !isOff ? undefined : {
    path: `${path}.gateway`,
    problem: `expected a gateway in the subnet of ${
      printCidr(cidr)
    }, found ${gateway.text}: the kernel refuses it: "Gateway not on directly connected network"`,
    needed,
  };
}

function hasOffSubnetGateway({ gateway, gatewayBits }: NicAddress): boolean {
  return gateway !== undefined && gatewayBits === undefined;
}

/**
 * Fewer characters than in other formats: a quote would end the parameter or its
 * neighbours.
 */
function isIpParamDevice(name: string): boolean {
  return isNicName(name) && /^[\w.@+-]*$/.test(name);
}

function checkDevice({ path, name = "" }: Pick<Nic, "path" | "name">): string {
  return name && checkText(
    name,
    `${path}.vmIfName`,
    isIpParamDevice,
    '1 to 15 letters, digits and . _ @ + -, and not "lo", such as "eth0"',
    "ip=",
  );
}
