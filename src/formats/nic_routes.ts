/** The routes of a network interface, with those that CNI only implies. */
import type { Route } from "../cni/result.ts";
import {
  type Cidr,
  getNetwork,
  type Ip,
  printCidr,
  UNSPECIFIED,
} from "../ip/address.ts";
import type { SubnetSet } from "../ip/subnet_set.ts";
import {
  collectSubnets,
  findFirstGateways,
  type FirstGateway,
  isOffSubnet,
  listNonHops,
  type NicAddress,
} from "./nic_addresses.ts";
import { checkCidr, checkInteger, checkIp, invalidConf } from "./values.ts";

/** A route of a network interface. */
export interface NicRoute {
  /** Its path in messages: where it comes from. */
  readonly path: string;
  /** Its index in `vmRoutes`; unset for one that a gateway implies. */
  readonly position?: number;
  /** The destination, without host bits. */
  readonly dst: Cidr;
  /** The next hop; unset if the destination is on the link itself. */
  readonly via?: Ip;
  /**
   * Whether the next hop is outside every subnet of the interface, so that the
   * kernel must be told that it is on the link.
   */
  readonly onLink: boolean;
  /** The path MTU in bytes. */
  readonly mtu?: number;
  /** The MSS to advertise, in bytes. */
  readonly advmss?: number;
  /** The metric; the lower one is preferred. */
  readonly priority?: number;
  /** The routing table. */
  readonly table?: number;
  /** The scope: 0 universe, 253 link, 254 host. */
  readonly scope?: number;
}

/** The routes of a network interface. */
export interface NicRoutes {
  /** Those of `vmRoutes`, index by index. */
  readonly givenRoutes: readonly NicRoute[];
  /** The default routes that the gateways imply. */
  readonly impliedRoutes: readonly NicRoute[];
  /** All that the guest has: the implied ones, and given ones. */
  readonly routes: readonly NicRoute[];
  /** The indexes of given routes that another route excludes. */
  readonly clashes: ReadonlySet<number>;
}

/**
 * Collects the routes of a network interface.
 *
 * A route without next hop goes by the gateway of the first address of its
 * family that has one, unless its scope is the link or the host. Each family's
 * first gateway implies a default route, unless `vmRoutes` has one.
 */
export function parseRoutes(
  routes: readonly Route[],
  addresses: readonly NicAddress[],
  index: number,
  path: string,
): NicRoutes {
  const hops = collectHops(addresses);
  const givenRoutes = routes.map((route, position) => ({
    position,
    ...parseRoute(route, hops, `${path}.vmRoutes[${position}]`),
  }));
  const impliedRoutes = makeDefaultRoutes(hops).filter(({ dst }) =>
    !givenRoutes.some((route) =>
      printCidr(route.dst) === printCidr(dst) && isInMainTable(route)
    )
  ).map((route) => setPriority(route, index));
  const all = [
    ...impliedRoutes,
    ...givenRoutes.map((route) => setPriority(route, index)),
  ];
  return { givenRoutes, impliedRoutes, ...separateClashes(all) };
}

/** RT_TABLE_MAIN; the kernel takes 0, RT_TABLE_UNSPEC, for it. */
const MAIN_TABLES = [undefined, 0, 254];

/** Whether a route is in the main table. */
export function isInMainTable({ table }: NicRoute): boolean {
  return MAIN_TABLES.includes(table);
}

/** Whether a route is a default route. */
export function isDefault({ dst }: NicRoute): boolean {
  return dst.prefixLength === 0;
}

/** IP6_RT_PRIO_USER: what the kernel gives an IPv6 route without metric. */
const IPV6_METRIC = 1024;

/** Returns the metric that a route has in the kernel. */
export function getMetric({ priority, dst }: NicRoute): number {
  return priority || (dst.family === 6 ? IPV6_METRIC : 0);
}

/** What the addresses of an interface say about next hops. */
interface Hops {
  readonly subnets: SubnetSet;
  /** Addresses that the kernel refuses as next hop. */
  readonly nonHops: ReadonlySet<string>;
  readonly gateways: ReadonlyMap<4 | 6, FirstGateway>;
}

function collectHops(addresses: readonly NicAddress[]): Hops {
  return {
    subnets: collectSubnets(addresses),
    nonHops: new Set(addresses.flatMap(({ cidr }) => listNonHops(cidr))),
    gateways: findFirstGateways(addresses),
  };
}

/** What a route may have beside its destination and next hop. */
export const ROUTE_ATTRIBUTES = [
  "mtu",
  "advmss",
  "priority",
  "table",
  "scope",
] as const;
const U32 = [0, 2 ** 32 - 1] as const;
const U8 = [0, 255] as const;

function parseRoute(route: Route, hops: Hops, path: string): NicRoute {
  const dst = getNetwork(checkCidr(route.dst, `${path}.dst`));
  const via = route.gw === undefined
    ? findImpliedHop(route, hops, dst.family)
    : parseNextHop(route.gw, dst, hops, `${path}.gw`);
  const attributes: { [Name in typeof ROUTE_ATTRIBUTES[number]]?: number } = {};
  for (const name of ROUTE_ATTRIBUTES) {
    const value = route[name];
    if (value === undefined) continue;
    const range = name === "scope" ? getScopeRange(dst, via) : U32;
    attributes[name] = checkInteger(
      value,
      `${path}.${name}`,
      range,
      "a number",
    );
  }
  const onLink = isOffSubnet(via, hops.subnets);
  return { path, dst, ...(via && { via }), onLink, ...attributes };
}

function parseNextHop(
  text: string,
  dst: Cidr,
  { nonHops }: Hops,
  path: string,
): Ip {
  const via = checkIp(text, path);
  if (via.family !== dst.family) {
    throw invalidConf(
      path,
      `an IPv${dst.family} address, like ${printCidr(dst)}`,
      text,
    );
  }
  if (nonHops.has(via.text)) {
    throw invalidConf(path, "the address of another host", text);
  }
  return via;
}

/** RT_SCOPE_LINK; the kernel refuses a next hop in this scope and narrower. */
export const SCOPE_LINK = 253;
/** RT_SCOPE_HOST. */
const SCOPE_HOST = 254;

/** The scopes that the kernel accepts; IPv6 ignores them. */
function getScopeRange(
  { family }: Cidr,
  via: Ip | undefined,
): readonly [number, number] {
  if (family === 6) return U8;
  return [0, via === undefined ? SCOPE_HOST : SCOPE_LINK - 1];
}

function findImpliedHop(
  { scope = 0 }: Route,
  { gateways }: Hops,
  family: 4 | 6,
): Ip | undefined {
  return scope < SCOPE_LINK ? gateways.get(family)?.gateway : undefined;
}

const EVERYTHING = {
  4: { family: 4, text: UNSPECIFIED[4], prefixLength: 0 },
  6: { family: 6, text: UNSPECIFIED[6], prefixLength: 0 },
} as const;

function makeDefaultRoutes({ gateways, subnets }: Hops): NicRoute[] {
  return ([4, 6] as const).flatMap((family) => {
    const first = gateways.get(family);
    return first === undefined ? [] : {
      path: first.path,
      dst: EVERYTHING[family],
      via: first.gateway,
      onLink: isOffSubnet(first.gateway, subnets),
    };
  });
}

/**
 * The kernel has one route for each destination, priority and table: the first
 * one wins. A route that is equal in all is no clash.
 */
function separateClashes(
  routes: readonly NicRoute[],
): Pick<NicRoutes, "routes" | "clashes"> {
  const found = new Map<string, NicRoute>();
  const clashes = new Set<number>();
  for (const route of routes) {
    const table = isInMainTable(route) ? "main" : route.table;
    const key = `${printCidr(route.dst)} ${route.priority} ${table}`;
    const before = found.get(key);
    if (before === undefined) found.set(key, route);
    else if (
      route.position !== undefined &&
      printContent(before) !== printContent(route)
    ) clashes.add(route.position);
  }
  return { routes: [...found.values()], clashes };
}

function printContent(route: NicRoute): string {
  return JSON.stringify({ ...route, path: "", position: 0 });
}

/**
 * Above what the kernel gives routes without priority: 0 for IPv4, 1024 for
 * IPv6. So the first interface's default route is preferred.
 */
const FIRST_OF_OTHERS = 1024;

/** The default routes of a VM's several interfaces must not be equal. */
function setPriority(route: NicRoute, index: number): NicRoute {
  const needsOne = index > 0 && isDefault(route) && isInMainTable(route) &&
    route.priority === undefined;
  return needsOne ? { ...route, priority: FIRST_OF_OTHERS + index } : route;
}
