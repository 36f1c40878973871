/** Routes for readers that know neither metrics nor tables nor on-link. */
import { type Ip, printCidr } from "../ip/address.ts";
import type { FormatField } from "./table.ts";
import type { Loss } from "./format.ts";
import { lossOfRoute } from "./losses.ts";
import type { Nic, NicRoute } from "./nic.ts";
import { isInMainTable } from "./nic_routes.ts";

/** A route of a network interface, to the main table and without metric. */
export interface PlainRoute {
  readonly nic: Nic;
  readonly route: NicRoute;
}

/** What keeps a route out: a thing that is not carried, and why. */
export type Obstacle = readonly [field: FormatField, why: string];

/**
 * Tells routes that can be without metric, table and on-link from others.
 *
 * A gateway outside every subnet gets a route of its own to stand on, before the
 * one that needs it. Of routes to one destination only the preferred one stays.
 */
export function plainRoutesOf(
  nics: readonly Nic[],
  reader: string,
  obstacleOf: (route: PlainRoute) => Obstacle | undefined = () => undefined,
): { readonly routes: PlainRoute[]; readonly lost: Loss[] } {
  const routes = new Map<string, PlainRoute>();
  const lost: Loss[] = [];
  const all = nics.flatMap((nic) => nic.routes.map((route) => ({ nic, route })))
    .toSorted((one, other) => metricOf(one.route) - metricOf(other.route));
  for (const wanted of all) {
    const { nic, route } = wanted;
    const toGateway = route.onLink && route.via
      ? { nic, route: linkRouteTo(route.via, route) }
      : undefined;
    const obstacle = obstacleOf(wanted) ??
      obstacleTo(wanted, toGateway, routes, reader);
    if (obstacle !== undefined) {
      lost.push(lossOfRoute(nic, route, ...obstacle));
      continue;
    }
    if (toGateway && !routes.has(keyOf(toGateway))) {
      routes.set(keyOf(toGateway), toGateway);
    }
    routes.set(keyOf(wanted), wanted);
  }
  return { routes: [...routes.values()], lost };
}

function keyOf({ route }: PlainRoute): string {
  return printCidr(route.dst);
}

function obstacleTo(
  wanted: PlainRoute,
  toGateway: PlainRoute | undefined,
  routes: ReadonlyMap<string, PlainRoute>,
  reader: string,
): Obstacle | undefined {
  if (!isInMainTable(wanted.route)) {
    return ["table", `${reader} writes to the main table only`];
  }
  if (routes.has(keyOf(wanted))) {
    return [
      "priority",
      `${reader} knows no metrics, and another route goes there`,
    ];
  }
  const holder = toGateway && routes.get(keyOf(toGateway));
  if (holder && (holder.nic !== wanted.nic || holder.route.via !== undefined)) {
    return ["onLink", "another route goes to its gateway"];
  }
}

/** IP6_RT_PRIO_USER: what the kernel gives an IPv6 route without metric. */
const IPV6_METRIC = 1024;

function metricOf({ priority, dst }: NicRoute): number {
  return priority || (dst.family === 6 ? IPV6_METRIC : 0);
}

/** RT_SCOPE_LINK. */
const LINK = 253;

function linkRouteTo(gateway: Ip, { path }: NicRoute): NicRoute {
  const prefixLength = gateway.family === 4 ? 32 : 128;
  const dst = { ...gateway, prefixLength };
  return { path, dst, onLink: false, scope: LINK };
}
