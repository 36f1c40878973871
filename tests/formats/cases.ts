/** Configurations that every format is tried with, on its real reader. */
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";

/** A configuration without anything optional but a gateway. */
export const MINIMAL: StaticNetworkConf = {
  tapName: "tap0",
  netNSPath: "/run/netns/a",
  vmMtu: 1500,
  vmIpConfigs: [{ address: "10.0.0.2/24", gateway: "10.0.0.1" }],
  vmRoutes: [],
  vmNameservers: [],
  vmSearchDomains: [],
  vmResolverOptions: [],
};

const PLAIN: StaticNetworkConf = {
  ...MINIMAL,
  vmIfName: "eth0",
  vmMacAddr: "02:00:00:00:00:01",
  vmMtu: 1400,
  vmNameservers: ["10.0.0.53"],
};

const DUAL_STACK: StaticNetworkConf = {
  ...PLAIN,
  vmIpConfigs: [
    { address: "10.0.0.2/24", gateway: "10.0.0.1" },
    { address: "fd00::2/64", gateway: "fd00::1" },
  ],
  vmRoutes: [{ dst: "10.1.0.0/16", gw: "10.0.0.9" }, {
    dst: "fd01::/48",
    gw: "fd00::9",
  }],
  vmNameservers: ["10.0.0.53", "fd00::53"],
};

const ON_LINK: StaticNetworkConf = {
  ...PLAIN,
  vmIpConfigs: [{ address: "10.0.0.2/32", gateway: "169.254.1.1" }],
};

const SECOND: StaticNetworkConf = {
  ...MINIMAL,
  tapName: "tap1",
  vmIfName: "eth1",
  vmMacAddr: "02:00:00:00:00:02",
  vmMtu: 9000,
  vmIpConfigs: [{ address: "172.16.0.2/20", gateway: "172.16.0.1" }],
  vmRoutes: [{ dst: "192.168.0.0/16" }],
};

/** The configurations of a VM's network interfaces, one situation each. */
export const CASES: Readonly<
  Record<
    "plain" | "dualStack" | "onLink" | "twoNics",
    readonly StaticNetworkConf[]
  >
> = {
  plain: [PLAIN],
  dualStack: [DUAL_STACK],
  onLink: [ON_LINK],
  twoNics: [PLAIN, SECOND],
};

/** A configuration that has everything that one may have. */
export const FULL: StaticNetworkConf = {
  ...DUAL_STACK,
  vmRoutes: [
    { dst: "0.0.0.0/0", gw: "10.0.0.1" },
    { dst: "10.1.0.0/16", gw: "10.0.0.9", mtu: 1300, advmss: 1260 },
    { dst: "10.2.0.0/16", gw: "10.0.0.9", priority: 50 },
    { dst: "10.3.0.0/16", gw: "10.0.0.9", table: 100 },
    { dst: "10.4.0.0/16", gw: "10.0.0.9", scope: 200 },
    { dst: "10.5.0.0/16", gw: "192.0.2.1" },
    { dst: "fd01::/48", gw: "fd00::9", mtu: 1300, advmss: 1240, priority: 50 },
  ],
  vmNameservers: ["10.0.0.53", "fd00::53", "10.0.0.54"],
  vmDomain: "vm.example.com",
  vmSearchDomains: ["example.com", "example.org"],
  vmResolverOptions: ["ndots:2", "edns0"],
};
