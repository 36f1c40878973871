/** The `ip` format: the kernel's parameter, as it stands on a command line. */
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { findLineLosses, mergeBootArgs } from "./boot_args.ts";
import type { Loss, RenderResult } from "./format.ts";
import {
  listIpNameservers,
  MOST_NAMESERVERS,
  writeIpParam,
} from "./ip_param.ts";
import { findLosses, makeNameserverLoss, makeRouteLoss } from "./losses.ts";
import { type Nic, parseNics } from "./nic.ts";
import { isDefault, type NicRoute, ROUTE_ATTRIBUTES } from "./nic_routes.ts";
import type { FormatOptions } from "./format_table.ts";

/** Renders the `ip` format. */
export function render(
  confs: readonly StaticNetworkConf[],
  { bootArgs = "" }: FormatOptions<"ip"> = {},
): RenderResult {
  const nics = parseNics(confs);
  // It configures the first interface only.
  const first = nics.slice(0, 1);
  const line = mergeBootArgs(
    bootArgs,
    first.map((nic) => `ip=${writeIpParam(nic)}`),
  );
  return {
    files: [{ name: "ip.cmdline", text: `${line}\n` }],
    lost: [
      ...findLosses("ip", nics),
      ...first.flatMap(findIpLosses),
      ...findLineLosses(line),
    ],
  };
}

/** Finds what `ip=` leaves out of the fields that it supports in part. */
export function findIpLosses(nic: Nic): Loss[] {
  return [...findRouteLosses(nic), ...findNameserverLosses(nic)];
}

function findRouteLosses(nic: Nic): Loss[] {
  const gateway = nic.addresses.find(({ cidr }) => cidr.family === 4)?.gateway;
  return nic.givenRoutes.filter((route) => !isImplied(route, gateway?.text))
    .map((route) => makeRouteLoss(nic, route, "ip= has no field for it"));
}

/** The gateway field makes the default route, and no other. */
function isImplied(route: NicRoute, gateway: string | undefined): boolean {
  return isDefault(route) && route.dst.family === 4 && gateway !== undefined &&
    route.via?.text === gateway &&
    ROUTE_ATTRIBUTES.every((name) => route[name] === undefined);
}

function findNameserverLosses(nic: Nic): Loss[] {
  const written = listIpNameservers(nic);
  return nic.nameservers.flatMap(({ text }, position) =>
    written.includes(text) ? [] : makeNameserverLoss(
      nic,
      position,
      `ip= has fields for ${MOST_NAMESERVERS} IPv4 nameservers`,
    )
  );
}
