/**
 * How the readers of dracut's parameters differ, as measured on the real
 * programs.
 */
import { type Ip, isLinkLocal } from "../ip/address.ts";
import type { Loss } from "./format.ts";
import { listAddressFields, listGatewayFields, makeLoss } from "./losses.ts";
import type { Nic } from "./nic.ts";
import {
  collectSubnets,
  isOffSubnet,
  listFamilies,
  type NicAddress,
} from "./nic_addresses.ts";
import { isDefault, type NicRoute } from "./nic_routes.ts";
import type { PlainRoute, RouteObstacle } from "./plain_routes.ts";
import { invalidOption } from "./values.ts";

/** A program that reads dracut's parameters. */
export interface Dialect {
  /** Lists parameters that it needs, for addresses of these families. */
  readonly listOwnParameters: (
    families: ReadonlySet<4 | 6>,
  ) => readonly string[];
  /** Whether it can give an interface one address only. */
  readonly hasOneAddress: boolean;
  /** Finds why it cannot have a route. */
  readonly findRouteObstacle: (route: PlainRoute) => RouteObstacle | undefined;
  /** Finds why a VM with addresses of these families cannot have a nameserver. */
  readonly findServerObstacle: (
    server: Ip,
    families: ReadonlySet<4 | 6>,
  ) => string | undefined;
}

/** dracut sets up a network only if root is on it, or with this. */
const NEED_NETWORK = "rd.neednet=1";

/**
 * With an IPv6 address, dracut itself waits 50 seconds for a router to advertise
 * a default route. Two seconds are enough to find duplicates.
 */
const NO_ADVERTISEMENTS = "rd.net.timeout.ipv6dad=2";

/** The dialects, by their names. */
export const DIALECTS = {
  dracut: {
    listOwnParameters: (families) =>
      families.has(6) ? [NEED_NETWORK, NO_ADVERTISEMENTS] : [NEED_NETWORK],
    hasOneAddress: true,
    findRouteObstacle: ({ nic, route }) => {
      const obstacle = findFamilyObstacle(route, listFamilies(nic.addresses));
      return obstacle && nic.families.has(route.dst.family)
        ? { ...obstacle, needed: ["severalAddresses"] }
        : obstacle;
    },
    findServerObstacle: findLinkObstacle,
  },
  systemd: {
    listOwnParameters: () => [],
    hasOneAddress: false,
    findRouteObstacle: ({ route }) =>
      isDefault(route) && route.via === undefined
        ? { why: "systemd skips a default route without gateway" }
        : undefined,
    findServerObstacle: findLinkObstacle,
  },
  networkmanager: {
    listOwnParameters: () => [NEED_NETWORK],
    hasOneAddress: false,
    findRouteObstacle: ({ nic, route }) =>
      findFamilyObstacle(route, nic.families),
    findServerObstacle: (server, families) =>
      findLinkObstacle(server) ??
        (families.has(server.family)
          ? undefined
          : `NetworkManager ignores IPv${server.family} nameservers without an IPv${server.family} address`),
  },
} as const satisfies Readonly<Record<string, Dialect>>;

export function findDialect(name: string): Dialect {
  const dialects: Readonly<Record<string, Dialect>> = DIALECTS;
  const found = Object.hasOwn(dialects, name) ? dialects[name] : undefined;
  if (found !== undefined) return found;
  throw invalidOption("dialect", Object.keys(DIALECTS).join(", "), name);
}

function findOnlyAddress({ addresses }: Nic): NicAddress | undefined {
  const ipv4 = addresses.filter(({ cidr }) => cidr.family === 4);
  return ipv4.find(({ gateway }) => gateway !== undefined) ?? ipv4[0] ??
    addresses[0];
}

/**
 * Leaves one address to an interface. Gateways outside its subnet are on-link
 * gateways then.
 */
export function keepOneAddress(nic: Nic): Nic {
  const only = findOnlyAddress(nic);
  const addresses = nic.addresses.filter((address) => address === only);
  const subnets = collectSubnets(addresses);
  const routes = nic.routes
    .filter(({ path, position }) =>
      position !== undefined || path === `${only?.path}.gateway`
    )
    .map((route) => ({ ...route, onLink: isOffSubnet(route.via, subnets) }));
  return { ...nic, addresses, routes };
}

/** Finds what {@linkcode keepOneAddress} takes away. */
export function findAddressLosses(nic: Nic): Loss[] {
  const only = findOnlyAddress(nic);
  const needed = listAddressFields(nic.addresses);
  return nic.addresses.flatMap((address, position) =>
    address === only ? [] : makeLoss(
      nic,
      `vmIpConfigs[${position}]`,
      nic.conf.vmIpConfigs[position],
      "dracut itself accepts one ip= for each device; the dialects systemd and networkmanager accept more",
      [...needed, ...listGatewayFields(nic, address)],
    )
  );
}

function findFamilyObstacle(
  { dst: { family } }: NicRoute,
  families: ReadonlySet<4 | 6>,
): RouteObstacle | undefined {
  return families.has(family)
    ? undefined
    : { why: `its reader ignores it without an IPv${family} address` };
}

function findLinkObstacle(server: Ip): string | undefined {
  return isLinkLocal(server)
    ? "nameserver= has no field for the interface of a link-local address"
    : undefined;
}
