/** What `ip=` has no field for. */
import type { Route } from "../cni/result.ts";
import type { Ip } from "../ip/address.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import type { Loss } from "./format.ts";
import {
  carriedNameserversOf,
  MOST_NAMESERVERS,
  parseConfig,
  parseNameserver,
} from "./ip_param_values.ts";

/** Guest formats, most of them to come, that carry what `ip=` cannot. */
export const GUEST_FORMATS = ["networkd", "netplan", "cloud-init", "ip-batch"];
const DNS_FORMATS = ["networkd", "netplan", "cloud-init", "resolv.conf"];
const VMM_FORMATS = ["firecracker", "cloud-hypervisor", "qemu"];

/**
 * Finds what `ip=` leaves out of a configuration.
 *
 * @param conf The configuration.
 * @returns The values, why, and what carries them.
 * @throws {VmConfError} `invalid-conf` if a value is malformed.
 */
export function lossesOf(conf: StaticNetworkConf): Loss[] {
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
  const carried = carriedNameserversOf(conf);
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
