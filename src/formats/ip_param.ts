/**
 * The kernel's `ip=` boot parameter.
 *
 * Source: the kernel's Documentation/admin-guide/nfs/nfsroot.rst and
 * net/ipv4/ipconfig.c, whose reader knows neither escapes nor errors: what it
 * would take wrongly is refused here.
 */
import type { Route } from "../cni/result.ts";
import { quote, VmConfError } from "../errors.ts";
import {
  type Cidr,
  hostBitsIn,
  type Ip,
  ipv4BroadcastBits,
  ipv4Mask,
  parseCidr,
  parseIp,
  printCidr,
} from "../ip/address.ts";
import {
  parseStaticNetworkConf,
  type StaticNetworkConf,
  type VmIpConfig,
} from "../vmconf/conf.ts";
import type { Format, Loss } from "./format.ts";

/** Formats, most of them to come, that carry what `ip=` cannot. */
const GUEST_FORMATS = ["networkd", "netplan", "cloud-init", "ip-batch"];
const DNS_FORMATS = ["networkd", "netplan", "cloud-init", "resolv.conf"];
const VMM_FORMATS = ["firecracker", "cloud-hypervisor", "qemu"];

const MOST_NAMESERVERS = 2;

/**
 * Writes the value of the kernel's `ip=` parameter.
 *
 * Fields: `client-ip::gateway:netmask::device:off:dns0:dns1`, without empty
 * fields at the end. What the parameter has no field for is left out; the `ip`
 * format tells what that was.
 *
 * @param conf The configuration of one network interface, trusted or not.
 * @returns The value, without `ip=`: one word, safe on a kernel command line.
 * @throws {VmConfError} `not-representable` if the guest would boot with another
 * network than this: no IPv4 address or several, /32, /31 with a gateway, a
 * gateway outside the subnet; `invalid-conf` if a value is malformed.
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
  const config = ipv4ConfigOf(conf);
  checkAddress(config);
  checkGateway(config);
  const client = config.address.text;
  const server = "";
  const gateway = config.gateway?.text ?? "";
  const netmask = ipv4Mask(config.address.prefixLength);
  const hostname = "";
  const device = deviceOf(conf);
  const network =
    `${client}:${server}:${gateway}:${netmask}:${hostname}:${device}:off`;
  const nameservers = ipv4NameserversOf(conf).slice(0, MOST_NAMESERVERS);
  return [network, ...nameservers].join(":");
}

/** The `ip` format: the parameter as it stands on a kernel command line. */
export const ip: Format = {
  name: "ip",
  summary: "the kernel's ip= boot parameter",
  render: (input) => {
    const conf = parseStaticNetworkConf(input);
    return {
      files: [{ name: "ip.cmdline", text: `ip=${ipBootParam(conf)}\n` }],
      lost: lossesOf(conf),
    };
  },
};

/**
 * Whether what is read here has its type; `parseStaticNetworkConf` says what has
 * not, and would take as long as all the rest.
 */
function hasShape(conf: StaticNetworkConf): boolean {
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

interface IpConfig {
  /** The index in `vmIpConfigs`. */
  readonly position: number;
  readonly address: Cidr;
  readonly gateway?: Ip;
}

function ipv4ConfigOf(conf: StaticNetworkConf): IpConfig {
  const configs = conf.vmIpConfigs.map(parseConfig);
  const ipv4 = configs.filter(({ address }) => address.family === 4);
  const config = ipv4[0];
  if (config === undefined || ipv4.length > 1) throw notOneIpv4(configs);
  return config;
}

function notOneIpv4(configs: readonly IpConfig[]): VmConfError {
  const found = configs.map(({ address }) => printCidr(address)).join(", ");
  return notRepresentable(
    "vmIpConfigs",
    `expected one IPv4 address, found ${found || "none"}`,
    "the kernel's ip= has one address, and knows IPv4 only",
  );
}

function parseConfig(config: VmIpConfig, position: number): IpConfig {
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

/** "This network", the limited broadcast address, and multicast. */
const NO_HOST = /^(?:0\.0\.0\.0|255\.255\.255\.255|2(?:2[4-9]|3\d)\..*)$/;

function checkAddress({ position, address }: IpConfig): void {
  if (NO_HOST.test(address.text)) {
    throw notRepresentable(
      `vmIpConfigs[${position}].address`,
      `expected the address of a host, found ${address.text}`,
      "the kernel takes it for no address, or refuses it",
    );
  }
  if (address.prefixLength === 32 || address.prefixLength === 0) {
    throw notRepresentable(
      `vmIpConfigs[${position}].address`,
      `expected a prefix length of 1 to 31, found ${printCidr(address)}`,
      `the kernel takes the mask ${
        ipv4Mask(address.prefixLength)
      } for unset and guesses another`,
    );
  }
}

function checkGateway({ position, address, gateway }: IpConfig): void {
  if (gateway === undefined) return;
  const path = `vmIpConfigs[${position}].gateway`;
  if (address.prefixLength === 31) {
    throw notRepresentable(
      path,
      `expected no gateway for a prefix length of 31, found ${gateway.text}`,
      "the kernel's ip= cannot reach a gateway in a subnet of two",
    );
  }
  const hostBits = hostBitsIn(address, gateway);
  if (hostBits === undefined) {
    throw notRepresentable(
      path,
      `expected a gateway in the subnet of ${
        printCidr(address)
      }, found ${gateway.text}`,
      'the kernel refuses it: "Gateway not on directly connected network"',
    );
  }
  if (
    gateway.text === address.text ||
    hostBits === ipv4BroadcastBits(address.prefixLength)
  ) {
    throw notRepresentable(
      path,
      `expected the address of another host of the subnet, found ${gateway.text}`,
      "the guest's own address and the subnet's broadcast address lead nowhere",
    );
  }
}

/**
 * The kernel allows more, but a colon, a space or a quote would end the field,
 * the parameter or the parameter's neighbours.
 */
const DEVICE = /^(?!\.{1,2}$)[\w.@+-]{1,15}$/;

function deviceOf({ vmIfName = "" }: StaticNetworkConf): string {
  if (vmIfName === "" || DEVICE.test(vmIfName)) return vmIfName;
  throw invalid(
    "vmIfName",
    '1 to 15 letters, digits and . _ @ + -, such as "eth0"',
    vmIfName,
  );
}

function ipv4NameserversOf(conf: StaticNetworkConf): string[] {
  const ipv4: string[] = [];
  conf.vmNameservers.forEach((text, position) => {
    const nameserver = parseNameserver(text, position);
    if (nameserver.family === 4) ipv4.push(nameserver.text);
  });
  return ipv4;
}

/** What the kernel takes for no nameserver. */
const UNSET = /^(?:0\.0\.0\.0|255\.255\.255\.255)$/;

function parseNameserver(text: string, position: number): Ip {
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

function lossesOf(conf: StaticNetworkConf): Loss[] {
  return [...linkLosses(conf), ...addressLosses(conf), ...dnsLosses(conf)];
}

const NO_FIELD = "ip= has no field for it";

function linkLosses({ vmMacAddr, vmMtu }: StaticNetworkConf): Loss[] {
  const mtu = {
    field: "vmMtu",
    value: vmMtu,
    why: NO_FIELD,
    instead: [...VMM_FORMATS, ...GUEST_FORMATS],
  };
  return vmMacAddr === undefined ? [mtu] : [
    {
      field: "vmMacAddr",
      value: vmMacAddr,
      why: NO_FIELD,
      instead: VMM_FORMATS,
    },
    mtu,
  ];
}

function addressLosses({ vmIpConfigs, vmRoutes }: StaticNetworkConf): Loss[] {
  const configs = vmIpConfigs.map(parseConfig);
  const gateway = configs.find(({ address }) => address.family === 4)?.gateway;
  return [
    ...configs.filter(({ address }) => address.family === 6).map((config) => ({
      field: `vmIpConfigs[${config.position}]`,
      value: vmIpConfigs[config.position],
      why: "ip= knows IPv4 only",
      instead: GUEST_FORMATS,
    })),
    ...vmRoutes.flatMap((route, position) =>
      isImplied(route, gateway) ? [] : {
        field: `vmRoutes[${position}]`,
        value: route,
        why: NO_FIELD,
        instead: GUEST_FORMATS,
      }
    ),
  ];
}

function dnsLosses(conf: StaticNetworkConf): Loss[] {
  const lose = (field: string, value: unknown, why = NO_FIELD): Loss => ({
    field,
    value,
    why,
    instead: DNS_FORMATS,
  });
  const carried = ipv4NameserversOf(conf).slice(0, MOST_NAMESERVERS);
  const why = `ip= has fields for ${MOST_NAMESERVERS} IPv4 nameservers`;
  return [
    ...conf.vmNameservers.flatMap((text, position) =>
      carried.includes(parseNameserver(text, position).text)
        ? []
        : lose(`vmNameservers[${position}]`, text, why)
    ),
    ...(["vmDomain", "vmSearchDomains", "vmResolverOptions"] as const)
      .filter((field) => (conf[field]?.length ?? 0) > 0)
      .map((field) => lose(field, conf[field])),
  ];
}

/** The gateway field makes the default route, and no other. */
function isImplied(route: Route, gateway: Ip | undefined): boolean {
  const { dst, gw, ...attributes } = route;
  return dst === "0.0.0.0/0" && gateway !== undefined &&
    (gw === undefined || gw === gateway.text) &&
    Object.keys(attributes).length === 0;
}

function invalid(field: string, expected: string, found: string): VmConfError {
  const path = `conf.${field}`;
  return new VmConfError(
    "invalid-conf",
    `${path}: expected ${expected}, found ${quote(String(found))}`,
    { path, hint: "ip= has no way to write it: correct the value." },
  );
}

function notRepresentable(
  field: string,
  what: string,
  why: string,
): VmConfError {
  const path = `conf.${field}`;
  return new VmConfError("not-representable", `${path}: ${what}: ${why}`, {
    path,
    hint: `Formats to come that can carry it: ${GUEST_FORMATS.join(", ")}.`,
  });
}
