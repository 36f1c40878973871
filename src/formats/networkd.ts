/**
 * The `networkd` format: what systemd-networkd and systemd-udevd read from
 * `/etc/systemd/network`, or from `/run/systemd/network`.
 *
 * Source: systemd.network(5) and systemd.link(5). The newest key of all is
 * `TCPAdvertisedMaximumSegmentSize=` (systemd 248); others ignore it.
 */
import { printCidr } from "../ip/address.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import type { RenderedFile, RenderResult } from "./format.ts";
import { lossesOf } from "./losses.ts";
import {
  hasIpv6,
  type Nic,
  type NicAddress,
  type NicRoute,
  nicsOf,
} from "./nic.ts";
import { isInMainTable } from "./nic_routes.ts";
import { plainName } from "./values.ts";

/** Renders the `networkd` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = nicsOf(confs);
  return { files: nics.flatMap(filesOf), lost: lossesOf("networkd", nics) };
}

type Section = readonly [name: string, settings: readonly Setting[]];
type Setting = readonly [key: string, value: string | number | undefined];

function filesOf(nic: Nic): RenderedFile[] {
  const name = plainName(nic, "networkd");
  const network = {
    name: `10-${name}.network`,
    text: unitOf([
      ["Match", matchOf(nic)],
      ["Link", [["MTUBytes", nic.mtu]]],
      ["Network", networkOf(nic)],
      ...nic.addresses.map(addressOf),
      ...nic.routes.map(routeOf),
    ]),
  };
  return nic.name && nic.mac
    ? [{ name: `10-${name}.link`, text: linkOf(nic) }, network]
    : [network];
}

/** The guest's kernel need not call a device as it is to be called. */
function linkOf(nic: Nic): string {
  return unitOf([["Match", matchOf(nic)], ["Link", [["Name", nic.name]]]]);
}

/** Others than Ethernet devices, such as a VLAN on it, have the same MAC. */
function matchOf({ mac, nameOrDefault }: Nic): Setting[] {
  return mac
    ? [["MACAddress", mac], ["Type", "ether"]]
    : [["Name", nameOrDefault]];
}

/** An address that nobody waits for would put off network-online.target. */
function networkOf(nic: Nic): Setting[] {
  const { nameservers, search } = nic;
  return [
    ["IPv6AcceptRA", "no"],
    hasIpv6(nic)
      ? ["IPv6DuplicateAddressDetection", 0]
      : ["LinkLocalAddressing", "no"],
    ...nameservers.map(({ text }): Setting => ["DNS", text]),
    ["Domains", search.length === 0 ? undefined : search.join(" ")],
  ];
}

function addressOf({ cidr }: NicAddress): Section {
  return ["Address", [
    ["Address", printCidr(cidr)],
    ["DuplicateAddressDetection", cidr.family === 6 ? "none" : undefined],
  ]];
}

function routeOf(route: NicRoute): Section {
  return ["Route", [
    ["Destination", printCidr(route.dst)],
    ["Gateway", route.via?.text],
    ["GatewayOnLink", route.onLink ? "yes" : undefined],
    ["Metric", route.priority],
    ["Table", isInMainTable(route) ? undefined : route.table],
    // IPv6 has no scopes of routes.
    ["Scope", route.dst.family === 4 ? route.scope : undefined],
    // The kernel takes 0 as unset, networkd as an error.
    ["MTUBytes", route.mtu || undefined],
    ["TCPAdvertisedMaximumSegmentSize", route.advmss || undefined],
  ]];
}

/** Values have neither line breaks nor backslashes: nothing is to be escaped. */
function unitOf(sections: readonly Section[]): string {
  return sections.map(([name, settings]) =>
    `[${name}]\n` +
    settings.filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${value}\n`).join("")
  ).join("\n");
}
