/**
 * The kernel's `ip=` boot parameter.
 *
 * Source: the kernel's Documentation/admin-guide/nfs/nfsroot.rst and
 * net/ipv4/ipconfig.c, whose reader knows neither escapes nor errors: what it
 * would take wrongly is refused here.
 */
import { VmConfError } from "../errors.ts";
import {
  hostBitsIn,
  ipv4BroadcastBits,
  ipv4Mask,
  printCidr,
} from "../ip/address.ts";
import {
  parseStaticNetworkConf,
  type StaticNetworkConf,
} from "../vmconf/conf.ts";
import { findSupporters } from "./table.ts";
import {
  carriedNameserversOf,
  hasShape,
  type IpConfig,
  parseConfig,
} from "./ip_param_values.ts";
import { checked, listSome } from "./values.ts";

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
  const nameservers = carriedNameserversOf(conf);
  return [network, ...nameservers].join(":");
}

function ipv4ConfigOf(conf: StaticNetworkConf): IpConfig {
  const configs = conf.vmIpConfigs.map(parseConfig);
  const ipv4 = configs.filter(({ address }) => address.family === 4);
  const config = ipv4[0];
  if (config === undefined || ipv4.length > 1) throw notOneIpv4(configs);
  return config;
}

function notOneIpv4(configs: readonly IpConfig[]): VmConfError {
  const found = configs.map(({ address }) => printCidr(address));
  return notRepresentable(
    "vmIpConfigs",
    `expected one IPv4 address, found ${
      listSome(found, found.length, ", ") || "none"
    }`,
    "the kernel's ip= has one address, and knows IPv4 only",
  );
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
const DEVICE = /^(?!(?:\.{1,2}|lo)$)[\w.@+-]{1,15}$/;

function deviceOf({ vmIfName = "" }: StaticNetworkConf): string {
  return vmIfName && checked(
    vmIfName,
    "conf.vmIfName",
    DEVICE,
    '1 to 15 letters, digits and . _ @ + -, and not "lo", such as "eth0"',
    "ip=",
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
    hint: `Formats that can carry it: ${
      findSupporters(["onLink"]).join(", ")
    }.`,
  });
}
