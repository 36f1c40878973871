/**
 * Commands of ip(8) that configure a guest's interfaces, as lists of words.
 *
 * All of them may be run again: `replace` accepts what already exists. The form of
 * an address shows its family, so no `-4` or `-6` is needed.
 *
 * Source: ip-link(8), ip-address(8), ip-route(8).
 */
import { getNetwork, printCidr } from "../ip/address.ts";
import type { Loss } from "./format.ts";
import { makeRouteLoss } from "./losses.ts";
import type { Nic } from "./nic.ts";
import type { NicAddress } from "./nic_addresses.ts";
import { getMetric, isInMainTable, type NicRoute } from "./nic_routes.ts";

/** Builds the command that sets the MAC and MTU of an interface, and sets it up. */
export function buildLinkCommand({ nameOrDefault, mac, mtu }: Nic): string[] {
  const address = mac === undefined ? [] : ["address", mac];
  return ["link", "set", "dev", nameOrDefault, ...address, "mtu", `${mtu}`]
    .concat("up");
}

/** Builds the command that adds an address; IPv6 skips duplicate detection. */
export function buildAddressCommand(
  { nameOrDefault }: Nic,
  { cidr }: NicAddress,
): string[] {
  const nodad = cidr.family === 6 ? ["nodad"] : [];
  return ["addr", "replace", printCidr(cidr), "dev", nameOrDefault, ...nodad];
}

/** Builds the commands that add routes of a network interface. */
export function buildRouteCommands(
  nic: Nic,
  routes: readonly NicRoute[],
): string[][] {
  const isReplaced = replacesOwnSubnet(nic);
  return routes.map((route) => buildRouteCommand(nic, route, isReplaced));
}

function buildRouteCommand(
  { nameOrDefault }: Nic,
  route: NicRoute,
  isReplaced: boolean,
): string[] {
  const { dst, via, onLink, priority, table, scope, mtu, advmss } = route;
  const attributes = {
    table: isInMainTable(route) ? undefined : table,
    metric: priority,
    scope,
    mtu,
    advmss,
  };
  return [
    ...["route", "replace", printCidr(dst)],
    ...(via ? ["via", via.text] : []),
    ...["dev", nameOrDefault],
    ...(via && (onLink || isReplaced) ? ["onlink"] : []),
    ...Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [name, `${value}`]
    ),
  ];
}

/**
 * Whether a route replaces the kernel's own route to a subnet of the interface:
 * then gateways of that subnet are on-link only if the command says so.
 */
function replacesOwnSubnet({ addresses, routes }: Nic): boolean {
  const own = new Set(addresses.map(printSubnetKey));
  return routes.some((route) => own.has(printKey(route)));
}

/** The routes of a VM's network interfaces that do not replace each other. */
export interface SeparateRoutes {
  /** Those of each network interface, by its index. */
  readonly routes: readonly (readonly NicRoute[])[];
  readonly lost: readonly Loss[];
}

/**
 * Takes away the routes that would replace another one: the kernel's own to the
 * subnet of another interface, or an earlier one.
 */
export function separateRoutes(nics: readonly Nic[]): SeparateRoutes {
  const holders = new Map<string, Nic>();
  for (const nic of nics.toReversed()) {
    for (const address of nic.addresses) {
      holders.set(printSubnetKey(address), nic);
    }
  }
  const taken = new Set<string>();
  const lost: Loss[] = [];
  const routes = nics.map((nic) =>
    nic.routes.filter((route) => {
      const key = printKey(route);
      const holder = holders.get(key);
      if (!taken.has(key) && (holder === undefined || holder === nic)) {
        taken.add(key);
        return true;
      }
      const why = "it would replace another route to the same destination";
      lost.push({ ...makeRouteLoss(nic, route, why), instead: [] });
      return false;
    })
  );
  return { routes, lost };
}

/** The kernel has one route for each destination, metric and table. */
function printKey(route: NicRoute): string {
  const table = isInMainTable(route) ? 254 : route.table;
  return `${printCidr(route.dst)} ${getMetric(route)} ${table}`;
}

/** IP6_RT_PRIO_ADDRCONF: the metric of the kernel's own route to a subnet. */
const IPV6_SUBNET_METRIC = 256;

function printSubnetKey({ path, cidr }: NicAddress): string {
  const priority = cidr.family === 6 ? IPV6_SUBNET_METRIC : 0;
  return printKey({ path, dst: getNetwork(cidr), priority, onLink: false });
}
