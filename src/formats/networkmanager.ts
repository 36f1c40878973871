/**
 * The `networkmanager` format: keyfiles that NetworkManager reads from
 * `/etc/NetworkManager/system-connections`, where only root may read them.
 *
 * Source: nm-settings-keyfile(5), nm-settings(5).
 */
import { printCidr } from "../ip/address.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import type { Loss, RenderedFile, RenderResult } from "./format.ts";
import { lossesOf, lossOf, lossOfRoute } from "./losses.ts";
import { type Nic, type NicRoute, nicsOf } from "./nic.ts";
import { isInMainTable } from "./nic_routes.ts";
import { plainName } from "./values.ts";

/** Renders the `networkmanager` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = nicsOf(confs);
  return {
    files: nics.map(keyfileOf),
    lost: [
      ...lossesOf("networkmanager", nics),
      ...nics.flatMap((nic) => [...nameLosses(nic), ...familyLosses(nic)]),
    ],
  };
}

type Section = readonly [name: string, settings: readonly Setting[]];
type Setting = readonly [key: string, value: string | number | undefined];
type Family = 4 | 6;

/** NetworkManager ignores a file that others may read. */
const ROOT_ONLY = 0o600;

function keyfileOf(nic: Nic): RenderedFile {
  const name = plainName(nic, "networkmanager");
  const { mac, mtu } = nic;
  const sections: readonly Section[] = [
    ["connection", [
      ["id", name],
      ["type", "ethernet"],
      ["interface-name", mac ? undefined : name],
    ]],
    ["ethernet", [["mac-address", mac], ["mtu", mtu]]],
    ["ipv4", ipOf(nic, 4)],
    ["ipv6", ipOf(nic, 6)],
  ];
  const text = sections.map(([section, settings]) =>
    `[${section}]\n` +
    settings.filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${value}\n`).join("")
  ).join("\n");
  return { name: `${name}.nmconnection`, text, mode: ROOT_ONLY };
}

/** A family without addresses is switched off, and may have nothing else. */
function ipOf(nic: Nic, family: Family): Setting[] {
  if (!nic.families.has(family)) return [["method", "disabled"]];
  const addresses = nic.addresses.filter(({ cidr }) => cidr.family === family);
  const routes = nic.routes.filter(({ dst }) => dst.family === family);
  const nameservers = nic.nameservers.filter((ip) => ip.family === family);
  const isFirst = family === 4 || !nic.families.has(4);
  return [
    ["method", "manual"],
    ...addresses.map(({ cidr }, index): Setting => [
      `address${index + 1}`,
      printCidr(cidr),
    ]),
    ["addr-gen-mode", family === 6 ? "eui64" : undefined],
    ...routes.flatMap((route, index) => routeOf(route, index + 1)),
    ["dns", listOf(nameservers.map(({ text }) => text))],
    ["dns-search", isFirst ? listOf(nic.search) : undefined],
    ["dns-options", isFirst ? listOf(nic.resolverOptions) : undefined],
  ];
}

function listOf(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : `${values.join(";")};`;
}

function routeOf(route: NicRoute, number: number): Setting[] {
  const { dst, via, onLink, priority, table, scope, mtu, advmss } = route;
  const unspecified = dst.family === 4 ? "0.0.0.0" : "::";
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

function nameLosses(nic: Nic): Loss[] {
  return nic.mac && nic.name
    ? [
      lossOf(
        nic,
        "vmIfName",
        nic.name,
        "ifName",
        "NetworkManager finds a device by its MAC, and never renames it",
      ),
    ]
    : [];
}

function familyLosses(nic: Nic): Loss[] {
  const why = (family: Family) =>
    `NetworkManager has it only beside an IPv${family} address`;
  return [
    ...nic.routes.filter(({ dst }) => !nic.families.has(dst.family))
      .map((route) => lossOfRoute(nic, route, "routes", why(route.dst.family))),
    ...nic.nameservers.flatMap(({ family, text }, position) =>
      nic.families.has(family) ? [] : lossOf(
        nic,
        `vmNameservers[${position}]`,
        text,
        "nameservers",
        why(family),
      )
    ),
  ];
}
