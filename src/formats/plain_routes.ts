/** Routes for readers that know neither metrics nor tables nor on-link. */
import { type Ip, printCidr } from "../ip/address.ts";
import type { Loss } from "./format.ts";
import { makeRouteLoss } from "./losses.ts";
import type { Nic } from "./nic.ts";
import {
  getMetric,
  isInMainTable,
  type NicRoute,
  SCOPE_LINK,
} from "./nic_routes.ts";
import type { FormatField } from "./format_table.ts";

/** A route of a network interface, to the main table and without metric. */
export interface PlainRoute {
  readonly nic: Nic;
  readonly route: NicRoute;
}

/** Why a reader cannot have a route. */
export interface RouteObstacle {
  readonly why: string;
  /** What a format must support beside the route itself. */
  readonly needed?: readonly FormatField[];
}

/**
 * Finds the routes that work without metric, table and on-link flag.
 *
 * A gateway outside every subnet gets a route of its own, before the route that
 * needs it. Of several routes to one destination the preferred one stays.
 */
export function selectPlainRoutes(
  nics: readonly Nic[],
  reader: string,
  findOwnObstacle: (route: PlainRoute) => RouteObstacle | undefined = () =>
    undefined,
): { readonly routes: PlainRoute[]; readonly lost: Loss[] } {
  const routes = new Map<string, PlainRoute>();
  const lost: Loss[] = [];
  const all = nics.flatMap((nic) => nic.routes.map((route) => ({ nic, route })))
    .toSorted((one, other) => getMetric(one.route) - getMetric(other.route));
  for (const wanted of all) {
    const { nic, route } = wanted;
    const toGateway = route.onLink && route.via
      ? { nic, route: makeLinkRoute(route.via, route) }
      : undefined;
    const obstacle = findOwnObstacle(wanted) ??
      findObstacle(wanted, toGateway, routes, reader);
    if (obstacle !== undefined) {
      lost.push(makeRouteLoss(nic, route, obstacle.why, obstacle.needed));
      continue;
    }
    if (toGateway && !routes.has(printDst(toGateway))) {
      routes.set(printDst(toGateway), toGateway);
    }
    routes.set(printDst(wanted), wanted);
  }
  return { routes: [...routes.values()], lost };
}

function printDst({ route }: PlainRoute): string {
  return printCidr(route.dst);
}

/** Two routes to one destination need metrics; so does a second one to a gateway. */
function findObstacle(
  wanted: PlainRoute,
  toGateway: PlainRoute | undefined,
  routes: ReadonlyMap<string, PlainRoute>,
  reader: string,
): RouteObstacle | undefined {
  if (!isInMainTable(wanted.route)) {
    return { why: `${reader} writes to the main table only` };
  }
  if (routes.has(printDst(wanted))) {
    return {
      why:
        `${reader} has no metrics, and another route goes to the same destination`,
      needed: ["priority"],
    };
  }
  const holder = toGateway && routes.get(printDst(toGateway));
  if (holder && (holder.nic !== wanted.nic || holder.route.via !== undefined)) {
    return { why: "another route goes to its gateway", needed: ["priority"] };
  }
}

function makeLinkRoute(gateway: Ip, { path }: NicRoute): NicRoute {
  const prefixLength = gateway.family === 4 ? 32 : 128;
  const dst = { ...gateway, prefixLength };
  return { path, dst, onLink: false, scope: SCOPE_LINK };
}
