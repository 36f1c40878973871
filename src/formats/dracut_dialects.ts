/**
 * How those differ that read dracut's parameters; each was measured on the real
 * program.
 */
import { quote, VmConfError } from "../errors.ts";
import type { Ip } from "../ip/address.ts";
import type { Loss } from "./format.ts";
import { lossOf } from "./losses.ts";
import { familiesOf, type Nic, type NicAddress } from "./nic.ts";
import {
  isDefault,
  isLinkLocal,
  isOffSubnet,
  subnetsOf,
} from "./nic_routes.ts";
import type { Obstacle, PlainRoute } from "./plain_routes.ts";

/** One who reads dracut's parameters. */
export interface Dialect {
  /** Parameters that it does nothing, or much too little, without. */
  readonly ownParameters: (nics: readonly Nic[]) => readonly string[];
  /** The network interface with no more addresses than it can have there. */
  readonly reduce: (nic: Nic) => Nic;
  /** The addresses that it has no room for. */
  readonly addressLosses: (nic: Nic) => Loss[];
  /** What keeps a route out. */
  readonly obstacleTo: (route: PlainRoute) => Obstacle | undefined;
  /** Why a nameserver is left out of a VM with addresses of these families. */
  readonly obstacleToServer: (
    server: Ip,
    families: ReadonlySet<4 | 6>,
  ) => string | undefined;
}

/** dracut does without a network unless root is on it, or it is told so. */
const NEED_NETWORK = "rd.neednet=1";

/**
 * Having an IPv6 address, dracut itself waits 50 seconds for a router to
 * advertise a default route too. Two seconds are ample to find duplicates.
 */
const NO_ADVERTISEMENTS = "rd.net.timeout.ipv6dad=2";

/** The dialects, by their names. */
export const DIALECTS = {
  dracut: {
    ownParameters: (nics) =>
      nics.some(({ families }) => families.has(6))
        ? [NEED_NETWORK, NO_ADVERTISEMENTS]
        : [NEED_NETWORK],
    reduce: withOneAddress,
    addressLosses: lossesButOne,
    obstacleTo: withoutAddress,
    obstacleToServer: ofOneLink,
  },
  systemd: {
    ownParameters: () => [],
    reduce: (nic) => nic,
    addressLosses: () => [],
    obstacleTo: ({ route }) =>
      isDefault(route) && route.via === undefined
        ? ["routes", "systemd skips a default route without gateway"]
        : undefined,
    obstacleToServer: ofOneLink,
  },
  networkmanager: {
    ownParameters: () => [NEED_NETWORK],
    reduce: (nic) => nic,
    addressLosses: () => [],
    obstacleTo: withoutAddress,
    obstacleToServer: (server, families) =>
      ofOneLink(server) ??
        (families.has(server.family)
          ? undefined
          : `NetworkManager leaves out IPv${server.family} nameservers without an IPv${server.family} address`),
  },
} as const satisfies Readonly<Record<string, Dialect>>;

/** The dialect of a name. */
export function dialectOf(name: string): Dialect {
  const dialects: Readonly<Record<string, Dialect>> = DIALECTS;
  const found = Object.hasOwn(dialects, name) ? dialects[name] : undefined;
  if (found !== undefined) return found;
  throw new VmConfError(
    "invalid-option",
    `options.dialect: expected ${Object.keys(DIALECTS).join(", ")}, found ${
      quote(name)
    }`,
    { path: "options.dialect" },
  );
}

function onlyAddressOf({ addresses }: Nic): NicAddress | undefined {
  const ipv4 = addresses.filter(({ cidr }) => cidr.family === 4);
  return ipv4.find(({ gateway }) => gateway !== undefined) ?? ipv4[0] ??
    addresses[0];
}

/** What is outside the subnet of the one address has to be told to be on the link. */
function withOneAddress(nic: Nic): Nic {
  const only = onlyAddressOf(nic);
  const addresses = nic.addresses.filter((address) => address === only);
  const subnets = subnetsOf(addresses);
  const routes = nic.routes
    .filter(({ path, position }) =>
      position !== undefined || path === `${only?.path}.gateway`
    )
    .map((route) => ({ ...route, onLink: isOffSubnet(route.via, subnets) }));
  return { ...nic, addresses, families: familiesOf(addresses), routes };
}

function lossesButOne(nic: Nic): Loss[] {
  const only = onlyAddressOf(nic);
  return nic.addresses.flatMap((address, position) =>
    address === only ? [] : lossOf(
      nic,
      `vmIpConfigs[${position}]`,
      nic.conf.vmIpConfigs[position],
      address.cidr.family === 4 ? "ipv4" : "ipv6",
      "dracut itself takes one ip= a device: the dialects systemd and networkmanager have room for more",
    )
  );
}

function withoutAddress(
  { nic, route: { dst: { family } } }: PlainRoute,
): Obstacle | undefined {
  return nic.families.has(family)
    ? undefined
    : ["routes", `without an IPv${family} address it would be left out`];
}

function ofOneLink(server: Ip): string | undefined {
  return isLinkLocal(server)
    ? "nameserver= has no field for the interface that leads there"
    : undefined;
}
