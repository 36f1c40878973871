/**
 * The `dracut` format: parameters of the kernel command line that are read in an
 * initramfs or at boot, by dracut, systemd-network-generator or NetworkManager.
 *
 * Source: dracut.cmdline(7), dracut's network-legacy module, its `ip_to_var` and
 * `route_to_var`; systemd-network-generator(8), version 252;
 * nm-initrd-generator(8), version 1.42.
 */
import { type Ip, ipv4Mask, printCidr } from "../ip/address.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { lineLosses, mergeBootArgs } from "./boot_args.ts";
import { type Dialect, dialectOf } from "./dracut_dialects.ts";
import type { Loss, RenderResult } from "./format.ts";
import { lossesOf, lossOf } from "./losses.ts";
import { type Nic, type NicAddress, nicsOf } from "./nic.ts";
import { isDefault } from "./nic_routes.ts";
import { type PlainRoute, plainRoutesOf } from "./plain_routes.ts";
import { plainName } from "./values.ts";
import type { FormatOptions } from "./table.ts";

/** Renders the `dracut` format. */
export function render(
  confs: readonly StaticNetworkConf[],
  { dialect: name = "dracut", bootArgs = "" }: FormatOptions<"dracut"> = {},
): RenderResult {
  const all = nicsOf(confs);
  for (const nic of all) plainName(nic, "dracut");
  const dialect = dialectOf(name);
  const nics = all.map(dialect.reduce);
  const { routes, lost } = plainRoutesOf(
    nics,
    "the command line",
    dialect.obstacleTo,
  );
  const families = new Set(nics.flatMap((nic) => [...nic.families]));
  const servers = nameserversOf(nics, families, dialect);
  const routesByNic = nics.map((): PlainRoute[] => []);
  for (const route of routes) routesByNic[route.nic.index]?.push(route);
  // A route without gateway names its device.
  const needsNames = nics.length > 1 ||
    routes.some(({ route }) => route.via === undefined);
  const line = mergeBootArgs(bootArgs, [
    ...dialect.ownParameters(nics),
    ...nics.flatMap((nic) =>
      parametersOf(nic, routesByNic[nic.index] ?? [], needsNames)
    ),
    ...servers.map((server) => `nameserver=${server}`),
  ]);
  return {
    files: [{ name: "dracut.cmdline", text: `${line}\n` }],
    lost: [
      ...lossesOf("dracut", all),
      ...all.flatMap(dialect.addressLosses),
      ...lost,
      ...nameserverLosses(all, families, dialect),
      ...lineLosses(line),
    ],
  };
}

/** A device that nobody named is whichever there is, unless it must be named. */
function parametersOf(
  nic: Nic,
  routes: readonly PlainRoute[],
  needsName: boolean,
): string[] {
  const { addresses, families, mac } = nic;
  const device = nic.name ?? (needsName ? nic.nameOrDefault : "");
  const byGateway = new Map(
    routes.filter((route) => isByGateway(route, families))
      .map(({ route }) => [route.dst.family, route]),
  );
  const others = routes.filter((route) => !isByGateway(route, families));
  const firsts = new Set(
    [...families].map((family) =>
      addresses.find(({ cidr }) => cidr.family === family)
    ),
  );
  return [
    ...(device && mac ? [`ifname=${device}:${mac}`] : []),
    ...addresses.map((address) => {
      const gateway = firsts.has(address)
        ? byGateway.get(address.cidr.family)?.via
        : undefined;
      return `ip=${fieldsOf(nic, address, device, gateway).join(":")}`;
    }),
    ...others.map((route) => routeParameter(route, device)),
  ];
}

/** What is of the link stands with the first address, a gateway with its family's. */
function fieldsOf(
  { addresses, mtu, mac }: Nic,
  address: NicAddress,
  device: string,
  gateway: Ip | undefined,
): (string | number)[] {
  const { family, text, prefixLength } = address.cidr;
  const peer = "";
  const hostname = "";
  return [
    bracketed(text),
    peer,
    gateway ? bracketed(gateway.text) : "",
    family === 4 ? ipv4Mask(prefixLength) : prefixLength,
    hostname,
    device,
    "off",
    ...(address === addresses[0] ? [mtu, ...(mac ? [mac] : [])] : []),
  ];
}

/** Of each destination there is one route, so of each family one is a gateway. */
function isByGateway(
  { route }: PlainRoute,
  families: ReadonlySet<4 | 6>,
): boolean {
  return families.has(route.dst.family) && isDefault(route) &&
    route.via !== undefined;
}

function routeParameter({ route }: PlainRoute, device: string): string {
  const dst = bracketed(printCidr(route.dst));
  const via = route.via === undefined ? "" : bracketed(route.via.text);
  return `rd.route=${[dst, via, ...(device ? [device] : [])].join(":")}`;
}

function bracketed(text: string): string {
  return text.includes(":") ? `[${text}]` : text;
}

function nameserversOf(
  nics: readonly Nic[],
  families: ReadonlySet<4 | 6>,
  dialect: Dialect,
): string[] {
  const servers = nics.flatMap(({ nameservers }) => nameservers).filter(
    (server) => dialect.obstacleToServer(server, families) === undefined,
  );
  return [...new Set(servers.map(({ text }) => text))];
}

function nameserverLosses(
  nics: readonly Nic[],
  families: ReadonlySet<4 | 6>,
  dialect: Dialect,
): Loss[] {
  return nics.flatMap((nic) =>
    nic.nameservers.flatMap((server, position) => {
      const why = dialect.obstacleToServer(server, families);
      return why === undefined ? [] : lossOf(
        nic,
        `vmNameservers[${position}]`,
        nic.conf.vmNameservers[position],
        "nameservers",
        why,
      );
    })
  );
}
