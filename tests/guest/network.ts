/** A guest's network beside the configuration that it was given. */
import { assertEquals } from "@std/assert";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import type { Guest } from "./guest.ts";

/** What one network interface of a guest has, in the words of a configuration. */
export interface Network {
  readonly mac?: string;
  readonly mtu?: number;
  readonly addresses: readonly string[];
  /** Routes that somebody has set, such as `default via 10.0.0.1`. */
  readonly routes: readonly string[];
  /** What came of a packet of just the MTU to each address. */
  readonly pings: Readonly<Record<string, string | undefined>>;
}

/** What a network interface of a guest has. */
export function networkOf(
  { links, addresses, routes, pings }: Guest,
  { vmIfName = "eth0", vmIpConfigs }: StaticNetworkConf,
): Network {
  const link = links.find(({ ifname }) => ifname === vmIfName);
  const own = addresses.find(({ ifname }) => ifname === vmIfName);
  return {
    mac: link?.address,
    mtu: link?.mtu,
    addresses: own?.addr_info.filter(({ scope }) => scope !== "link")
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`) ?? [],
    routes: routes
      .filter(({ dev, protocol }) => dev === vmIfName && protocol !== "kernel")
      .map(({ dst, gateway }) => `${dst} via ${gateway}`).sort(),
    pings: Object.fromEntries(
      vmIpConfigs.map(hostOf).map((host) => [host, pings[host]]),
    ),
  };
}

/** What it has to have. */
export function wantedOf(conf: StaticNetworkConf): Network {
  const { vmMacAddr, vmMtu, vmIpConfigs, vmRoutes } = conf;
  const gateways = vmIpConfigs.flatMap(({ gateway = [] }) => gateway);
  const routes = [
    ...gateways.map((gateway) => `default via ${gateway}`),
    ...vmRoutes.map(({ dst, gw }) => {
      const gateway = gateways.find((gateway) =>
        isIpv6(gateway) === isIpv6(dst)
      );
      return `${dst} via ${gw ?? gateway}`;
    }),
  ];
  return {
    mac: vmMacAddr,
    mtu: vmMtu,
    addresses: vmIpConfigs.map(({ address }) => address),
    routes: routes.sort(),
    pings: Object.fromEntries(
      vmIpConfigs.map(hostOf).map((host) => [host, "answered"]),
    ),
  };
}

function isIpv6(text: string): boolean {
  return text.includes(":");
}

function hostOf({ address }: { readonly address: string }): string {
  return address.split("/", 1)[0] ?? "";
}

/** Checks that every network interface of a guest is as it was configured. */
export function assertNetworks(
  guest: Guest,
  confs: readonly StaticNetworkConf[],
): void {
  assertEquals(
    confs.map((conf) => networkOf(guest, conf)),
    confs.map(wantedOf),
    guest.applied,
  );
}
