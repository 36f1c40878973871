/** Routes for Kata's agent, which knows neither metrics nor tables nor on-link. */
import { type Ip, printCidr } from "../ip/address.ts";
import type { Field } from "./carried.ts";
import type { Loss } from "./format.ts";
import { lossOfRoute } from "./losses.ts";
import type { Nic, NicRoute } from "./nic.ts";
import { isInMainTable } from "./nic_routes.ts";

/** `Route` of types.proto. */
export interface KataRoute {
  readonly dest: string;
  readonly gateway?: string;
  readonly device: string;
  readonly scope?: number;
  /** `IPFamily`: v4 = 0, v6 = 1. */
  readonly family: 0 | 1;
}

/**
 * Writes the routes of a VM for Kata's agent.
 *
 * A gateway outside every subnet gets a route of its own to stand on. Of routes
 * to one destination only the preferred one is written: the agent would skip the
 * others.
 *
 * @param nics The network interfaces of the VM.
 * @returns The routes, and those that had to be left out.
 */
export function kataRoutesOf(
  nics: readonly Nic[],
): { readonly routes: KataRoute[]; readonly lost: Loss[] } {
  const routes = new Map<string, KataRoute>();
  const lost: Loss[] = [];
  const all = nics.flatMap((nic) => nic.routes.map((route) => ({ nic, route })))
    .toSorted((one, other) => metricOf(one.route) - metricOf(other.route));
  for (const { nic, route } of all) {
    const wanted = routeOf(nic, route);
    const toGateway = route.onLink && route.via
      ? linkRouteOf(nic, route.via)
      : undefined;
    const obstacle = obstacleTo(route, wanted, toGateway, routes);
    if (obstacle !== undefined) {
      lost.push(lossOfRoute(nic, route, ...obstacle));
      continue;
    }
    if (toGateway && !routes.has(toGateway.dest)) {
      routes.set(toGateway.dest, toGateway);
    }
    routes.set(wanted.dest, wanted);
  }
  return { routes: [...routes.values()], lost };
}

function obstacleTo(
  route: NicRoute,
  { dest, device }: KataRoute,
  toGateway: KataRoute | undefined,
  routes: ReadonlyMap<string, KataRoute>,
): [field: Field, why: string] | undefined {
  if (!isInMainTable(route)) {
    return ["table", "Kata's agent writes to the main table only"];
  }
  if (routes.has(dest)) {
    return [
      "priority",
      "Kata's agent knows no metrics, and another route goes there",
    ];
  }
  const holder = toGateway && routes.get(toGateway.dest);
  if (holder && (holder.device !== device || holder.gateway !== undefined)) {
    return ["onLink", "another route goes to its gateway"];
  }
}

/** IP6_RT_PRIO_USER: what the kernel gives an IPv6 route without metric. */
const IPV6_METRIC = 1024;

function metricOf({ priority, dst }: NicRoute): number {
  return priority || (dst.family === 6 ? IPV6_METRIC : 0);
}

function routeOf(
  { nameOrDefault }: Nic,
  { dst, via, scope }: NicRoute,
): KataRoute {
  return {
    dest: printCidr(dst),
    ...(via && { gateway: via.text }),
    device: nameOrDefault,
    ...(scope !== undefined && { scope }),
    family: dst.family === 4 ? 0 : 1,
  };
}

/** RT_SCOPE_LINK. */
const LINK = 253;

function linkRouteOf({ nameOrDefault }: Nic, { text, family }: Ip): KataRoute {
  return {
    dest: `${text}/${family === 4 ? 32 : 128}`,
    device: nameOrDefault,
    scope: LINK,
    family: family === 4 ? 0 : 1,
  };
}
