/** The routes of a network interface, with what CNI leaves implied. */
import type { Route } from "../cni/result.ts";
import {
  broadcastOf,
  type Cidr,
  hostBitsIn,
  type Ip,
  networkOf,
  printCidr,
} from "../ip/address.ts";
import { type SubnetSet, subnetSetOf } from "../ip/subnet_set.ts";
import type { Nic, NicAddress } from "./nic.ts";
import { cidrOf, integerIn, invalid, ipOf } from "./values.ts";

/** A route of a network interface. */
export interface NicRoute {
  /** Its path in messages: what it was made of. */
  readonly path: string;
  /** Its index in `vmRoutes`; unset for one that a gateway implies. */
  readonly position?: number;
  /** The destination, without host bits. */
  readonly dst: Cidr;
  /** The next hop; unset if the destination is on the link itself. */
  readonly via?: Ip;
  /**
   * Whether the next hop is outside every subnet of the interface, so that the
   * kernel has to be told that it is on the link all the same.
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

/**
 * Collects the routes of a network interface.
 *
 * A route without next hop goes by the gateway of the first address of its
 * family that has one, unless its scope is the link or the host. Each family's
 * first gateway implies a default route, but for a family that has one among the
 * routes.
 */
export function routesOf(
  routes: readonly Route[],
  addresses: readonly NicAddress[],
  index: number,
  path: string,
): Pick<Nic, "routes" | "clashes"> {
  const hops = hopsOf(addresses);
  const given = routes.map((route, position) => ({
    position,
    ...routeOf(route, hops, `${path}.vmRoutes[${position}]`),
  }));
  const implied = impliedDefaults(hops).filter(({ dst }) =>
    !given.some((route) =>
      printCidr(route.dst) === printCidr(dst) && isInMainTable(route)
    )
  );
  return distinct(
    [...implied, ...given].map((route) => withPriority(route, index)),
  );
}

/** RT_TABLE_MAIN; 0 is RT_TABLE_UNSPEC, which the kernel takes for it. */
const MAIN_TABLES = [undefined, 0, 254];

/** Whether a route is in the main table. */
export function isInMainTable({ table }: NicRoute): boolean {
  return MAIN_TABLES.includes(table);
}

/** Whether a route is a default route. */
export function isDefault({ dst }: NicRoute): boolean {
  return dst.prefixLength === 0;
}

/** What the addresses of an interface say about next hops. */
interface Hops {
  readonly subnets: SubnetSet;
  /** Addresses that the kernel takes for no next hop. */
  readonly nowhere: ReadonlySet<string>;
  readonly gateways: ReadonlyMap<4 | 6, FirstGateway>;
}

function hopsOf(addresses: readonly NicAddress[]): Hops {
  return {
    subnets: subnetsOf(addresses),
    nowhere: new Set(addresses.flatMap(({ cidr }) => nowhereIn(cidr))),
    gateways: firstGatewaysOf(addresses),
  };
}

const U32 = [0, 2 ** 32 - 1] as const;
const U8 = [0, 255] as const;

function routeOf(
  route: Route,
  hops: Hops,
  path: string,
): NicRoute {
  const dst = networkOf(cidrOf(route.dst, `${path}.dst`));
  const via = route.gw === undefined
    ? impliedHopOf(route, hops, dst.family)
    : nextHopOf(route.gw, dst, hops, `${path}.gw`);
  const { mtu, advmss, priority, table, scope } = route;
  const number = (
    name: "mtu" | "advmss" | "priority" | "table" | "scope",
    range: readonly [number, number],
  ) => {
    const value = route[name];
    if (value !== undefined) {
      integerIn(value, `${path}.${name}`, range, "a number");
    }
  };
  number("mtu", U32);
  number("advmss", U32);
  number("priority", U32);
  number("table", U32);
  number("scope", scopesOf(dst, via));
  return {
    path,
    dst,
    ...(via && { via }),
    onLink: isOffSubnet(via, hops.subnets),
    ...(mtu !== undefined && { mtu }),
    ...(advmss !== undefined && { advmss }),
    ...(priority !== undefined && { priority }),
    ...(table !== undefined && { table }),
    ...(scope !== undefined && { scope }),
  };
}

function nextHopOf(
  text: string,
  dst: Cidr,
  { nowhere }: Hops,
  path: string,
): Ip {
  const via = ipOf(text, path);
  if (via.family !== dst.family) {
    throw invalid(
      path,
      `an IPv${dst.family} address, as ${printCidr(dst)} is one`,
      text,
    );
  }
  if (nowhere.has(via.text)) {
    throw invalid(path, "the address of another host", text);
  }
  return via;
}

/** RT_SCOPE_LINK; the kernel refuses a next hop in this scope and narrower. */
const SCOPE_LINK = 253;
/** RT_SCOPE_HOST. */
const SCOPE_HOST = 254;

/**
 * Whether the kernel takes an address for no next hop: the interface's own, and
 * the broadcast address of its subnet.
 */
export function leadsNowhere(hop: Ip, subnet: Cidr): boolean {
  return nowhereIn(subnet).includes(hop.text);
}

function nowhereIn(subnet: Cidr): string[] {
  const broadcast = broadcastOf(subnet);
  return [subnet.text, ...(broadcast === undefined ? [] : [broadcast])];
}

/** The scopes that the kernel takes; IPv6 does not look at them. */
function scopesOf(
  { family }: Cidr,
  via: Ip | undefined,
): readonly [number, number] {
  if (family === 6) return U8;
  return [0, via === undefined ? SCOPE_HOST : SCOPE_LINK - 1];
}

function impliedHopOf(
  { scope = 0 }: Route,
  { gateways }: Hops,
  family: 4 | 6,
): Ip | undefined {
  return scope < SCOPE_LINK ? gateways.get(family)?.gateway : undefined;
}

/** The first gateway of a family, and where it stands. */
export interface FirstGateway {
  readonly path: string;
  readonly gateway: Ip;
}

/** Finds the gateways that are of use as default gateways. */
export function firstGatewaysOf(
  addresses: readonly NicAddress[],
): ReadonlyMap<4 | 6, FirstGateway> {
  const found = new Map<4 | 6, FirstGateway>();
  for (const { path, cidr: { family }, gateway } of addresses) {
    if (gateway === undefined || found.has(family)) continue;
    found.set(family, { path: `${path}.gateway`, gateway });
  }
  return found;
}

/** The subnets of an interface. */
export function subnetsOf(addresses: readonly NicAddress[]): SubnetSet {
  return subnetSetOf(addresses.map(({ cidr }) => cidr));
}

/** Link-local addresses, fe80::/10, are on every link. */
const LINK_LOCAL: Cidr = { family: 6, text: "fe80::", prefixLength: 10 };

/** Whether an address is of use on one link alone. */
export function isLinkLocal(ip: Ip): boolean {
  return hostBitsIn(LINK_LOCAL, ip) !== undefined;
}

/** Whether the kernel has to be told that a next hop is on the link. */
export function isOffSubnet(via: Ip | undefined, subnets: SubnetSet): boolean {
  return via !== undefined && !isLinkLocal(via) && !subnets.has(via);
}

const EVERYTHING = {
  4: { family: 4, text: "0.0.0.0", prefixLength: 0 },
  6: { family: 6, text: "::", prefixLength: 0 },
} as const;

function impliedDefaults({ gateways, subnets }: Hops): NicRoute[] {
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
 * The kernel has one route for each destination, priority and table: of others
 * the first one wins. One that says the same again is no other.
 */
function distinct(
  routes: readonly NicRoute[],
): Pick<Nic, "routes" | "clashes"> {
  const found = new Map<string, NicRoute>();
  const clashes: NicRoute[] = [];
  for (const route of routes) {
    const table = isInMainTable(route) ? "main" : route.table;
    const key = `${printCidr(route.dst)} ${route.priority} ${table}`;
    const before = found.get(key);
    if (before === undefined) found.set(key, route);
    else if (contentOf(before) !== contentOf(route)) clashes.push(route);
  }
  return { routes: [...found.values()], clashes };
}

function contentOf(route: NicRoute): string {
  return JSON.stringify({ ...route, path: "", position: 0 });
}

/**
 * Above what the kernel gives routes without priority: 0 for IPv4, 1024 for
 * IPv6. So the first interface's default route is preferred.
 */
const FIRST_OF_OTHERS = 1024;

/** The default routes of a VM's several interfaces must not be equal. */
function withPriority(route: NicRoute, index: number): NicRoute {
  const needsOne = index > 0 && isDefault(route) && isInMainTable(route) &&
    route.priority === undefined;
  return needsOne ? { ...route, priority: FIRST_OF_OTHERS + index } : route;
}
