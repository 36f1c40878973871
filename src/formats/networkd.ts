/**
 * The `networkd` format: what systemd-networkd and systemd-udevd read from
 * `/etc/systemd/network`, or from `/run/systemd/network`.
 *
 * Source: systemd.network(5) and systemd.link(5). The newest key of all is
 * `TCPAdvertisedMaximumSegmentSize=` (systemd 248); others ignore it.
 */
import { printCidr } from "../ip/address.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { type IniSection, type IniSetting, writeIni } from "./files.ts";
import type { RenderedFile, RenderResult } from "./format.ts";
import { findLosses } from "./losses.ts";
import { needsIpv6, type Nic, parseNics } from "./nic.ts";
import type { NicAddress } from "./nic_addresses.ts";
import { isInMainTable, type NicRoute } from "./nic_routes.ts";
import { checkPlainName } from "./values.ts";

/** Renders the `networkd` format: a `.network` for each NIC, a `.link` if it has a name. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = parseNics(confs);
  return {
    files: nics.flatMap(writeUnits),
    lost: findLosses("networkd", nics),
  };
}

function writeUnits(nic: Nic): RenderedFile[] {
  const name = checkPlainName(nic, "networkd");
  const match = describeMatch(nic);
  const link = writeIni([match, ["Link", [["Name", nic.name]]]]);
  const network = writeIni([
    match,
    ["Link", [["MTUBytes", nic.mtu]]],
    describeNetwork(nic),
    ...nic.addresses.map(describeAddress),
    ...nic.routes.map(describeRoute),
  ]);
  return [
    // The guest's kernel may give the device another name.
    ...(nic.name && nic.mac ? [{ name: `10-${name}.link`, text: link }] : []),
    { name: `10-${name}.network`, text: network },
  ];
}

/** Devices that are not Ethernet, such as a VLAN on it, have the same MAC. */
function describeMatch({ mac, nameOrDefault }: Nic): IniSection {
  return [
    "Match",
    mac ? [["MACAddress", mac], ["Type", "ether"]] : [["Name", nameOrDefault]],
  ];
}

/** A link-local address would delay network-online.target. */
function describeNetwork(nic: Nic): IniSection {
  const { nameservers, search } = nic;
  return ["Network", [
    ["IPv6AcceptRA", "no"],
    needsIpv6(nic)
      ? ["IPv6DuplicateAddressDetection", 0]
      : ["LinkLocalAddressing", "no"],
    ...nameservers.map(({ text }): IniSetting => ["DNS", text]),
    ["Domains", search.length === 0 ? undefined : search.join(" ")],
  ]];
}

function describeAddress({ cidr }: NicAddress): IniSection {
  return ["Address", [
    ["Address", printCidr(cidr)],
    ["DuplicateAddressDetection", cidr.family === 6 ? "none" : undefined],
  ]];
}

function describeRoute(route: NicRoute): IniSection {
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
