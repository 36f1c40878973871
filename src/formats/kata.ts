/**
 * The `kata` format: requests to the agent inside a Kata Containers guest.
 *
 * Source: Kata's src/libs/protocols/protos/{agent,types}.proto, and
 * src/agent/src/netlink.rs: the agent finds an interface by its MAC, adds routes
 * without gateway first, all of them to the main table and without metric, and
 * skips a route that exists.
 */
import { VmConfError } from "../errors.ts";
import { printCidr } from "../ip/address.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { makeCompanion, makeJsonFile } from "./files.ts";
import type { RenderResult } from "./format.ts";
import { findLosses } from "./losses.ts";
import { type Nic, parseNics } from "./nic.ts";
import { type PlainRoute, selectPlainRoutes } from "./plain_routes.ts";

/** Renders the `kata` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = parseNics(confs);
  const interfaces = nics.map((nic) => ({ interface: describeInterface(nic) }));
  const { routes, lost } = selectPlainRoutes(nics, "Kata's agent");
  const routesRequest = { routes: { Routes: routes.map(describeRoute) } };
  return {
    files: [
      makeJsonFile("kata.json", {
        UpdateInterface: interfaces,
        UpdateRoutes: routesRequest,
      }),
      ...interfaces.map((body) =>
        makeCompanion(
          makeJsonFile(`UpdateInterface/${body.interface.name}.json`, body),
        )
      ),
      makeCompanion(makeJsonFile("UpdateRoutes.json", routesRequest)),
    ],
    lost: [...findLosses("kata", nics), ...lost],
  };
}

/** `IPFamily` of types.proto. */
const IP_FAMILY = { 4: 0, 6: 1 } as const;

/** `Interface` of types.proto; `mask` is the prefix length. */
function describeInterface(nic: Nic) {
  return {
    device: nic.nameOrDefault,
    name: nic.nameOrDefault,
    IPAddresses: nic.addresses.map(({ cidr }) => ({
      family: IP_FAMILY[cidr.family],
      address: cidr.text,
      mask: String(cidr.prefixLength),
    })),
    mtu: nic.mtu,
    hwAddr: nic.mac ?? noMac(nic),
  };
}

/** `Route` of types.proto. */
export interface KataRoute {
  readonly dest: string;
  readonly gateway?: string;
  readonly device: string;
  readonly scope?: number;
  readonly family: 0 | 1;
}

/** The agent would skip all but the first of several routes to one destination. */
function describeRoute({ nic, route }: PlainRoute): KataRoute {
  const { dst, via, scope } = route;
  return {
    dest: printCidr(dst),
    ...(via && { gateway: via.text }),
    device: nic.nameOrDefault,
    ...(scope !== undefined && { scope }),
    family: IP_FAMILY[dst.family],
  };
}

function noMac({ path }: Nic): never {
  throw new VmConfError(
    "not-representable",
    `${path}.vmMacAddr: expected a MAC, found none: Kata's agent finds an interface by its MAC`,
    {
      path: `${path}.vmMacAddr`,
      hint: "Let the CNI chain give the VM's pseudo-interface a MAC.",
    },
  );
}
