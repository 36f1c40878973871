/**
 * The `networkmanager` format: keyfiles that NetworkManager reads from
 * `/etc/NetworkManager/system-connections`, where only root may read them.
 *
 * Source: nm-settings-keyfile(5), nm-settings(5).
 */
import { printCidr, UNSPECIFIED } from "../ip/address.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { type IniSetting, writeIni } from "./files.ts";
import type { Loss, RenderedFile, RenderResult } from "./format.ts";
import {
  findLosses,
  makeLosses,
  makeNameserverLoss,
  makeRouteLoss,
} from "./losses.ts";
import { type Nic, parseNics } from "./nic.ts";
import { isInMainTable, type NicRoute } from "./nic_routes.ts";
import { checkPlainName } from "./values.ts";

/** Renders the `networkmanager` format: a keyfile for each NIC. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = parseNics(confs);
  return {
    files: nics.map(writeKeyfile),
    lost: [
      ...findLosses("networkmanager", nics),
      ...nics.flatMap((nic) => [
        ...findNameLosses(nic),
        ...findFamilyLosses(nic),
      ]),
    ],
  };
}

/** NetworkManager ignores a file that others may read. */
const ROOT_ONLY = 0o600;

function writeKeyfile(nic: Nic): RenderedFile {
  const name = checkPlainName(nic, "networkmanager");
  const { mac, mtu } = nic;
  const text = writeIni([
    ["connection", [
      ["id", name],
      ["type", "ethernet"],
      ["interface-name", mac ? undefined : name],
    ]],
    ["ethernet", [["mac-address", mac], ["mtu", mtu]]],
    ["ipv4", describeFamily(nic, 4)],
    ["ipv6", describeFamily(nic, 6)],
  ]);
  return { name: `${name}.nmconnection`, text, mode: ROOT_ONLY };
}

/** A family without addresses is switched off, and may have nothing else. */
function describeFamily(nic: Nic, family: 4 | 6): IniSetting[] {
  if (!nic.families.has(family)) return [["method", "disabled"]];
  const addresses = nic.addresses.filter(({ cidr }) => cidr.family === family);
  const routes = nic.routes.filter(({ dst }) => dst.family === family);
  const nameservers = nic.nameservers.filter((ip) => ip.family === family);
  const isFirst = family === 4 || !nic.families.has(4);
  return [
    ["method", "manual"],
    ...addresses.map(({ cidr }, index): IniSetting => [
      `address${index + 1}`,
      printCidr(cidr),
    ]),
    ["addr-gen-mode", family === 6 ? "eui64" : undefined],
    ...routes.flatMap((route, index) => describeRoute(route, index + 1)),
    ["dns", joinList(nameservers.map(({ text }) => text))],
    ["dns-search", isFirst ? joinList(nic.search) : undefined],
    ["dns-options", isFirst ? joinList(nic.resolverOptions) : undefined],
  ];
}

function joinList(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : `${values.join(";")};`;
}

function describeRoute(route: NicRoute, number: number): IniSetting[] {
  const { dst, via, onLink, priority, table, scope, mtu, advmss } = route;
  const unspecified = UNSPECIFIED[dst.family];
  const hop = priority === undefined
    ? via && `,${via.text}`
    : `,${via?.text ?? unspecified},${priority}`;
  const options = Object.entries({
    onlink: onLink ? "true" : undefined,
    table: isInMainTable(route) ? undefined : table,
    // IPv6 has no scopes of routes.
    scope: dst.family === 4 ? scope : undefined,
    mtu,
    advmss,
  }).filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`);
  return [
    [`route${number}`, `${printCidr(dst)}${hop ?? ""}`],
    [`route${number}_options`, options.join(",") || undefined],
  ];
}

function findNameLosses(nic: Nic): Loss[] {
  return !nic.mac || !nic.name ? [] : makeLosses(
    nic,
    ["ifName"],
    "NetworkManager finds a device by its MAC, and never renames it",
  );
}

function findFamilyLosses(nic: Nic): Loss[] {
  const explain = (family: 4 | 6) =>
    `NetworkManager needs an IPv${family} address for it`;
  return [
    ...nic.routes.filter(({ dst }) => !nic.families.has(dst.family))
      .map((route) => makeRouteLoss(nic, route, explain(route.dst.family))),
    ...nic.nameservers.flatMap(({ family }, position) =>
      nic.families.has(family)
        ? []
        : makeNameserverLoss(nic, position, explain(family))
    ),
  ];
}
