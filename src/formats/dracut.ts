/**
 * The `dracut` format: parameters of the kernel command line that are read in an
 * initramfs or at boot, by dracut, systemd-network-generator or NetworkManager.
 *
 * Source: dracut.cmdline(7), dracut's network-legacy module, its `ip_to_var` and
 * `route_to_var`; systemd-network-generator(8), version 252;
 * nm-initrd-generator(8), version 1.42.
 */
import { type Ip, printCidr, printIpv4Mask } from "../ip/address.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { findLineLosses, mergeBootArgs } from "./boot_args.ts";
import {
  type Dialect,
  findAddressLosses,
  findDialect,
  keepOneAddress,
} from "./dracut_dialects.ts";
import type { Loss, RenderResult } from "./format.ts";
import { findLosses, makeNameserverLoss } from "./losses.ts";
import { type Nic, parseNics } from "./nic.ts";
import { listFamilies, type NicAddress } from "./nic_addresses.ts";
import { isDefault } from "./nic_routes.ts";
import { type PlainRoute, selectPlainRoutes } from "./plain_routes.ts";
import type { FormatOptions } from "./format_table.ts";
import { checkPlainName } from "./values.ts";

/** Renders the `dracut` format. */
export function render(
  confs: readonly StaticNetworkConf[],
  { dialect: name = "dracut", bootArgs = "" }: FormatOptions<"dracut"> = {},
): RenderResult {
  const all = parseNics(confs);
  for (const nic of all) checkPlainName(nic, "dracut");
  const dialect = findDialect(name);
  const nics = dialect.hasOneAddress ? all.map(keepOneAddress) : all;
  const { routes, lost } = selectPlainRoutes(
    nics,
    "the command line",
    dialect.findRouteObstacle,
  );
  const families = listFamilies(nics.flatMap(({ addresses }) => addresses));
  const servers = listNameservers(nics, families, dialect);
  const routesByNic = nics.map((): PlainRoute[] => []);
  for (const route of routes) routesByNic[route.nic.index]?.push(route);
  // A route without gateway names its device.
  const needsNames = nics.length > 1 ||
    routes.some(({ route }) => route.via === undefined);
  const line = mergeBootArgs(bootArgs, [
    ...dialect.listOwnParameters(families),
    ...nics.flatMap((nic) =>
      listParameters(nic, routesByNic[nic.index] ?? [], needsNames)
    ),
    ...servers.map((server) => `nameserver=${server}`),
  ]);
  return {
    files: [{ name: "dracut.cmdline", text: `${line}\n` }],
    lost: [
      ...findLosses("dracut", all),
      ...(dialect.hasOneAddress ? all.flatMap(findAddressLosses) : []),
      ...lost,
      ...findNameserverLosses(all, families, dialect),
      ...findLineLosses(line),
    ],
  };
}

/** Without a name, the reader takes any device there is. */
function listParameters(
  nic: Nic,
  routes: readonly PlainRoute[],
  needsName: boolean,
): string[] {
  const { addresses, mac } = nic;
  const device = nic.name ?? (needsName ? nic.nameOrDefault : "");
  const families = listFamilies(addresses);
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
      return `ip=${listFields(nic, address, device, gateway).join(":")}`;
    }),
    ...others.map((route) => writeRoute(route, device)),
  ];
}

/** The first address has the MTU and MAC; the first of a family, the gateway. */
function listFields(
  { addresses, mtu, mac }: Nic,
  address: NicAddress,
  device: string,
  gateway: Ip | undefined,
): (string | number)[] {
  const { family, text, prefixLength } = address.cidr;
  const peer = "";
  const hostname = "";
  return [
    addBrackets(text),
    peer,
    gateway ? addBrackets(gateway.text) : "",
    family === 4 ? printIpv4Mask(prefixLength) : prefixLength,
    hostname,
    device,
    "off",
    ...(address === addresses[0] ? [mtu, ...(mac ? [mac] : [])] : []),
  ];
}

/** There is one route for each destination, so one gateway for each family. */
function isByGateway(
  { route }: PlainRoute,
  families: ReadonlySet<4 | 6>,
): boolean {
  return families.has(route.dst.family) && isDefault(route) &&
    route.via !== undefined;
}

function writeRoute({ route }: PlainRoute, device: string): string {
  const dst = addBrackets(printCidr(route.dst));
  const via = route.via === undefined ? "" : addBrackets(route.via.text);
  return `rd.route=${[dst, via, ...(device ? [device] : [])].join(":")}`;
}

function addBrackets(text: string): string {
  return text.includes(":") ? `[${text}]` : text;
}

function listNameservers(
  nics: readonly Nic[],
  families: ReadonlySet<4 | 6>,
  dialect: Dialect,
): string[] {
  const servers = nics.flatMap(({ nameservers }) => nameservers).filter(
    (server) => dialect.findServerObstacle(server, families) === undefined,
  );
  return [...new Set(servers.map(({ text }) => text))];
}

function findNameserverLosses(
  nics: readonly Nic[],
  families: ReadonlySet<4 | 6>,
  dialect: Dialect,
): Loss[] {
  return nics.flatMap((nic) =>
    nic.nameservers.flatMap((server, position) => {
      const why = dialect.findServerObstacle(server, families);
      return why === undefined ? [] : makeNameserverLoss(nic, position, why);
    })
  );
}
