/**
 * The `ifupdown` format: `/etc/network/interfaces` of a Debian guest.
 *
 * Source: interfaces(5), and the commands that `ifup -v` shows. Lines have
 * neither quotes nor comments at their end; what follows `up` goes to a shell.
 */
import { printCidr } from "../ip/address.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import type { RenderResult } from "./format.ts";
import {
  buildLinkCommand,
  buildRouteCommands,
  separateRoutes,
} from "./ip_commands.ts";
import { findLosses, makeLosses } from "./losses.ts";
import { type Nic, parseNics } from "./nic.ts";
import { isDefault, isInMainTable, type NicRoute } from "./nic_routes.ts";
import { writeNameserver } from "./resolv_conf.ts";
import { checkText } from "./values.ts";

/** This file replaces the usual one, which has these lines. */
const LOOPBACK = ["auto lo", "iface lo inet loopback"];

/** Renders the `ifupdown` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = parseNics(confs);
  const { routes, lost } = separateRoutes(nics);
  const blocks = nics.map((nic) => [
    `auto ${checkName(nic)}`,
    ...writeStanzas(nic, routes[nic.index] ?? []),
  ]);
  return {
    files: [{
      name: "interfaces",
      text: [LOOPBACK, ...blocks]
        .map((lines) => lines.map((line) => `${line}\n`).join(""))
        .join("\n"),
    }],
    lost: [
      ...findLosses("ifupdown", nics),
      ...nics.flatMap((nic) => makeLosses(nic, ["nameservers", "search"], DNS)),
      ...lost,
    ],
  };
}

const DNS =
  "only resolvconf or systemd-resolved reads dns- lines, if the guest has one of them";

/** A dot would make it a VLAN; `=` would name another stanza. */
const NAME = /^[\w+-]+$/;

function checkName({ nameOrDefault, path }: Nic): string {
  return checkText(
    nameOrDefault,
    `${path}.vmIfName`,
    NAME,
    "a name of letters, digits and _ + -",
    "ifupdown",
  );
}

/**
 * Writes one stanza for each address. The first of a family has its gateway; the
 * last one has the routes, as they may need any of the addresses.
 */
function writeStanzas(nic: Nic, routes: readonly NicRoute[]): string[] {
  const inOrder = [4, 6].flatMap((family) =>
    nic.addresses.filter(({ cidr }) => cidr.family === family)
  );
  const families = inOrder.map(({ cidr }) => cidr.family);
  const gateways = [...new Set(families)]
    .map((family) => routes.find((route) => isGateway(route, family)));
  const others = routes.filter((route) => !gateways.includes(route));
  return inOrder.flatMap(({ cidr }, index) => {
    const { family } = cidr;
    const gateway = families[index - 1] !== family
      ? gateways.find((route) => route?.dst.family === family)
      : undefined;
    return [
      `iface ${nic.nameOrDefault} ${family === 4 ? "inet" : "inet6"} static`,
      ...[
        `address ${printCidr(cidr)}`,
        ...(index === 0 ? writeLink(nic, family) : []),
        ...(family === 6 ? IPV6 : []),
        ...(gateway === undefined ? [] : writeGateway(gateway)),
        ...(index === 0 ? writeDns(nic) : []),
        ...(index === inOrder.length - 1 ? writeRoutes(nic, others) : []),
      ].map((line) => `    ${line}`),
    ];
  });
}

/** No router advertisements, and no wait for duplicate address detection. */
const IPV6 = ["accept_ra 0", "dad-attempts 0"];

/** `mtu` in an `inet6` stanza would not lower the MTU of the link. */
function writeLink(nic: Nic, family: 4 | 6): string[] {
  const { mac, mtu } = nic;
  if (family === 6) return [`pre-up ip ${buildLinkCommand(nic).join(" ")}`];
  return [...(mac === undefined ? [] : [`hwaddress ${mac}`]), `mtu ${mtu}`];
}

/** `gateway` makes a default route that can have a `metric`, but nothing else. */
function isGateway(route: NicRoute, family: 4 | 6): boolean {
  const { dst, via, scope, mtu, advmss } = route;
  return dst.family === family && isDefault(route) && isInMainTable(route) &&
    via !== undefined && !scope && mtu === undefined && advmss === undefined;
}

function writeGateway({ via, priority }: NicRoute): string[] {
  const metric = priority === undefined ? [] : [`metric ${priority}`];
  return [`gateway ${via?.text}`, ...metric];
}

function writeRoutes(nic: Nic, routes: readonly NicRoute[]): string[] {
  return buildRouteCommands(nic, routes).map((words) =>
    `up ip ${words.join(" ")}`
  );
}

function writeDns(nic: Nic): string[] {
  const servers = nic.nameservers.map((ip) =>
    writeNameserver(nic, ip, "ifupdown")
  );
  return [
    ...(servers.length > 0 ? [`dns-nameservers ${servers.join(" ")}`] : []),
    ...(nic.search.length > 0 ? [`dns-search ${nic.search.join(" ")}`] : []),
  ];
}
