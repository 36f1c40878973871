/** What the kernel was told in the end, in lines that people can compare. */
import type { CASES } from "../formats/cases.ts";

/** What a guest's kernel should know in each case, sorted. */
export const EXPECTED: Readonly<
  Record<keyof typeof CASES | "full", readonly string[]>
> = {
  plain: [
    "eth0 02:00:00:00:00:01 mtu 1400",
    "eth0 10.0.0.2/24",
    "eth0 route default via 10.0.0.1",
  ],
  dualStack: [
    "eth0 02:00:00:00:00:01 mtu 1400",
    "eth0 10.0.0.2/24",
    "eth0 fd00::2/64",
    "eth0 route 10.1.0.0/16 via 10.0.0.9",
    "eth0 route default via 10.0.0.1",
    "eth0 route default via fd00::1",
    "eth0 route fd01::/48 via fd00::9",
  ],
  onLink: [
    "eth0 02:00:00:00:00:01 mtu 1400",
    "eth0 10.0.0.2/32",
    "eth0 route default via 169.254.1.1 onlink",
  ],
  twoNics: [
    "eth0 02:00:00:00:00:01 mtu 1400",
    "eth0 10.0.0.2/24",
    "eth0 route default via 10.0.0.1",
    "eth1 02:00:00:00:00:02 mtu 9000",
    "eth1 172.16.0.2/20",
    "eth1 route 192.168.0.0/16 via 172.16.0.1",
    "eth1 route default via 172.16.0.1 metric 1025",
  ],
  full: [
    "eth0 02:00:00:00:00:01 mtu 1400",
    "eth0 10.0.0.2/24",
    "eth0 fd00::2/64",
    "eth0 route 10.1.0.0/16 via 10.0.0.9 mtu 1300 advmss 1260",
    "eth0 route 10.2.0.0/16 via 10.0.0.9 metric 50",
    "eth0 route 10.3.0.0/16 via 10.0.0.9 table 100",
    "eth0 route 10.4.0.0/16 via 10.0.0.9 scope 200",
    "eth0 route 10.5.0.0/16 via 192.0.2.1 onlink",
    "eth0 route default via 10.0.0.1",
    "eth0 route default via fd00::1",
    "eth0 route fd01::/48 via fd00::9 metric 50 mtu 1300 advmss 1240",
  ],
};

/** Shell commands that print what {@linkcode readKernelState} reads. */
export const SHOW = "ip -j addr show up && ip -N -d -j route show table all";

interface Link {
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly addr_info: readonly {
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
    readonly tentative?: boolean;
  }[];
}

interface Route {
  readonly dst: string;
  readonly dev: string;
  readonly protocol: string;
  readonly table: string;
  readonly scope: string;
  readonly flags: readonly string[];
  readonly gateway?: string;
  readonly metric?: number;
  readonly metrics?: readonly Readonly<Record<string, number>>[];
}

/** The kernel's own doing: routes of subnets. */
const PROTOCOL_KERNEL = "2";

/**
 * Tells what the kernel knows of some devices: the link, its addresses without
 * link-local ones, and its routes without those that it makes itself.
 *
 * @param shown What {@linkcode SHOW} printed: a line of links, one of routes.
 * @param devices The names of the devices.
 */
export function readKernelState(
  shown: string,
  devices: readonly string[],
): string[] {
  const [links = "", routes = ""] = shown.trim().split("\n").slice(-2);
  const isWanted = (name: string) => devices.includes(name);
  return [
    ...(JSON.parse(links) as Link[])
      .filter(({ ifname }) => isWanted(ifname)).flatMap(formatLink),
    ...(JSON.parse(routes) as Route[])
      .filter(({ dev, protocol }) =>
        isWanted(dev) && protocol !== PROTOCOL_KERNEL
      ).map(formatRoute),
  ].sort();
}

function formatLink({ ifname, address, mtu, addr_info }: Link): string[] {
  return [
    `${ifname} ${address} mtu ${mtu}`,
    ...addr_info.filter(({ scope }) => scope !== "link").map((
      { local, prefixlen, tentative },
    ) => `${ifname} ${local}/${prefixlen}${tentative ? " tentative" : ""}`),
  ];
}

function formatRoute(route: Route): string {
  const { dev, dst, gateway, flags, metric = 0, table, scope } = route;
  const isIpv6 = (gateway ?? dst).includes(":");
  const byDefault = {
    metric: isIpv6 ? 1024 : 0,
    table: "254",
    scope: isIpv6 || gateway !== undefined ? "0" : "253",
  };
  return [
    dev,
    "route",
    dst,
    ...(gateway === undefined ? [] : ["via", gateway]),
    ...flags,
    ...(metric === byDefault.metric ? [] : ["metric", metric]),
    ...(table === byDefault.table ? [] : ["table", table]),
    ...(scope === byDefault.scope ? [] : ["scope", scope]),
    ...(route.metrics ?? []).flatMap((metrics) =>
      Object.entries(metrics).flat()
    ),
  ].join(" ");
}
