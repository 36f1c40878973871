/**
 * Commands of ip(8) that configure a guest's interfaces, as lists of words.
 *
 * All of them may be run again: `replace` takes what is there for its own. The
 * words of an address tell its family, so that no `-4` or `-6` is needed.
 *
 * Source: ip-link(8), ip-address(8), ip-route(8).
 */
import { networkOf, printCidr } from "../ip/address.ts";
import type { Loss } from "./format.ts";
import { lossOfRoute } from "./losses.ts";
import type { Nic, NicAddress, NicRoute } from "./nic.ts";
import { isInMainTable } from "./nic_routes.ts";

/**
 * The command that gives a network interface its MAC and MTU, and sets it up.
 */
export function linkWords({ nameOrDefault, mac, mtu }: Nic): string[] {
  const address = mac === undefined ? [] : ["address", mac];
  return ["link", "set", "dev", nameOrDefault, ...address, "mtu", `${mtu}`]
    .concat("up");
}

/**
 * The command that gives a network interface an address; one of IPv6 does not
 * wait until it is known to be no duplicate.
 */
export function addressWords(
  { nameOrDefault }: Nic,
  { cidr }: NicAddress,
): string[] {
  const nodad = cidr.family === 6 ? ["nodad"] : [];
  return ["addr", "replace", printCidr(cidr), "dev", nameOrDefault, ...nodad];
}

/** The commands that make routes of a network interface. */
export function routeWords(
  nic: Nic,
  routes: readonly NicRoute[],
): string[][] {
  const isCovered = coversOwnSubnet(nic);
  return routes.map((route) => wordsOfRoute(nic, route, isCovered));
}

function wordsOfRoute(
  { nameOrDefault }: Nic,
  route: NicRoute,
  isCovered: boolean,
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
    ...(via && (onLink || isCovered) ? ["onlink"] : []),
    ...Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [name, `${value}`]
    ),
  ];
}

/**
 * A route in place of the kernel's own to a subnet of the interface leaves the
 * gateways there without a route: they have to be said to be on the link.
 */
function coversOwnSubnet({ addresses, routes }: Nic): boolean {
  const own = new Set(addresses.map(subnetSlot));
  return routes.some((route) => own.has(slotOf(route)));
}

/** The routes of a VM's network interfaces that do not replace each other. */
export interface RoutesApart {
  /** Those of each network interface, by its index. */
  readonly routes: readonly (readonly NicRoute[])[];
  readonly lost: readonly Loss[];
}

/**
 * Tells routes that can be side by side from those that would replace another
 * one: the kernel's own to the subnet of another interface, or an earlier one.
 */
export function routesApart(nics: readonly Nic[]): RoutesApart {
  const holders = new Map<string, Nic>();
  for (const nic of nics.toReversed()) {
    for (const address of nic.addresses) holders.set(subnetSlot(address), nic);
  }
  const taken = new Set<string>();
  const lost: Loss[] = [];
  const routes = nics.map((nic) =>
    nic.routes.filter((route) => {
      const slot = slotOf(route);
      const holder = holders.get(slot);
      if (!taken.has(slot) && (holder === undefined || holder === nic)) {
        taken.add(slot);
        return true;
      }
      const why = "it would replace another route to the same destination";
      lost.push({ ...lossOfRoute(nic, route, "routes", why), instead: [] });
      return false;
    })
  );
  return { routes, lost };
}

/** IP6_RT_PRIO_USER: what the kernel gives an IPv6 route without metric. */
const IPV6_METRIC = 1024;
/** IP6_RT_PRIO_ADDRCONF: what it gives its own to a subnet. */
const IPV6_SUBNET_METRIC = 256;

/** Where the kernel has a route: it replaces another one there. */
function slotOf(route: NicRoute): string {
  const { dst, priority, table } = route;
  const metric = priority || (dst.family === 6 ? IPV6_METRIC : 0);
  return `${printCidr(dst)} ${metric} ${isInMainTable(route) ? 254 : table}`;
}

function subnetSlot({ path, cidr }: NicAddress): string {
  const priority = cidr.family === 6 ? IPV6_SUBNET_METRIC : 0;
  return slotOf({ path, dst: networkOf(cidr), priority, onLink: false });
}
