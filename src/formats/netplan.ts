/**
 * The `netplan` format: `/etc/netplan/*.yaml` as one JSON document, which is
 * YAML with every text quoted. cloud-init's format has the same devices.
 *
 * Source: netplan(5). `advertised-mss` is left out: it came with netplan 1.1,
 * and earlier versions refuse the whole file because of it. Nothing else is
 * newer than 0.106.
 */
import { printCidr } from "../ip/address.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { makeJsonFile } from "./files.ts";
import type { Loss, RenderResult } from "./format.ts";
import { findLosses, listFamilyFields, makeLoss } from "./losses.ts";
import { needsIpv6, type Nic, parseNics } from "./nic.ts";
import { isInMainTable, type NicRoute } from "./nic_routes.ts";
import { checkPlainName } from "./values.ts";

/** Renders the `netplan` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = parseNics(confs);
  const network = {
    version: 2,
    renderer: "networkd",
    ethernets: Object.fromEntries(
      nics.map((nic) => [checkPlainName(nic, "netplan"), describeDevice(nic)]),
    ),
  };
  return {
    files: [makeJsonFile("90-vmconf.yaml", { network })],
    lost: [...findLosses("netplan", nics), ...nics.flatMap(findScopeLosses)],
  };
}

function describeDevice(nic: Nic) {
  return {
    ...(nic.mac && { match: { macaddress: nic.mac } }),
    ...(nic.mac && nic.name && { "set-name": nic.name }),
    // A link-local address would delay network-online.target.
    ...(!needsIpv6(nic) && { "link-local": [] }),
    ...describeEthernet(nic),
    routes: nic.routes.map(describeRoute),
  };
}

/** Describes an Ethernet device, without its name and its routes. */
export function describeEthernet({ mtu, addresses, nameservers, search }: Nic) {
  return {
    dhcp4: false,
    dhcp6: false,
    "accept-ra": false,
    mtu,
    addresses: addresses.map(({ cidr }) => printCidr(cidr)),
    nameservers: {
      addresses: nameservers.map(({ text }) => text),
      search,
    },
  };
}

export function describeRoute(route: NicRoute) {
  return {
    to: printCidr(route.dst),
    via: route.via?.text,
    "on-link": route.onLink || undefined,
    metric: route.priority,
    table: isInMainTable(route) ? undefined : route.table,
    scope: nameScope(route),
    // The kernel takes 0 as unset.
    mtu: route.mtu || undefined,
  };
}

const SCOPES = new Map([[0, "global"], [253, "link"], [254, "host"]]);

/** Without next hop netplan wants the scope of the link, or a narrower one. */
function nameScope({ via, scope }: NicRoute): string | undefined {
  const name = scope === undefined ? undefined : SCOPES.get(scope);
  if (via !== undefined) return name;
  return name === undefined || name === "global" ? "link" : name;
}

/** Finds scopes that netplan has no word for, or not without next hop. */
export function findScopeLosses(nic: Nic): Loss[] {
  return nic.routes.flatMap((route) => {
    const { position, scope } = route;
    if (scope === undefined) return [];
    const name = SCOPES.get(scope);
    if (name !== undefined && name === nameScope(route)) return [];
    return makeLoss(
      nic,
      `vmRoutes[${position}].scope`,
      scope,
      "netplan knows the scopes 0, 253 and 254, and 0 only with a next hop",
      ["scope", ...listFamilyFields(nic, route.dst.family)],
    );
  });
}
