/** What a format leaves out, told from the table of what it carries. */
import type { Route } from "../cni/result.ts";
import {
  findSupporters,
  FORMAT_SUPPORT,
  type FormatField,
  type FormatName,
  type FormatSupport,
} from "./table.ts";
import type { Loss } from "./format.ts";
import type { Nic, NicRoute } from "./nic.ts";
import { firstGatewaysOf } from "./nic_routes.ts";

/** Finds what a format leaves out because it has no place for it at all. */
export function lossesOf(format: FormatName, nics: readonly Nic[]): Loss[] {
  const line = FORMAT_SUPPORT[format];
  if (line.several === "no" && nics.length > 1) {
    return [
      ...lossesOf(format, nics.slice(0, 1)),
      ...nics.slice(1).map(({ path, conf }) => ({
        field: path,
        value: conf,
        why: `${format} configures one network interface`,
        instead: findSupporters(["several"]),
      })),
    ];
  }
  const fields = VALUES.map(([field]) => field)
    .filter((field) => isLeftOut(field, line));
  return nics.flatMap((nic) => [
    ...leftOut(nic, fields, `${format} has no place for it`),
    ...(line.routes === "yes" ? [...clashes(nic), ...secondGateways(nic)] : []),
  ]);
}

/**
 * Makes the losses of a network interface that has to do without some things.
 */
export function leftOut(
  nic: Nic,
  fields: readonly FormatField[],
  why: string,
): Loss[] {
  return VALUES.filter(([field]) => fields.includes(field))
    .flatMap(([field, valuesOf]) =>
      valuesOf(nic).map(([member, value]) =>
        lossOf(nic, member, value, field, why)
      )
    );
}

/** Makes one loss. */
export function lossOf(
  { path }: Nic,
  member: string,
  value: unknown,
  field: FormatField,
  why: string,
): Loss {
  return {
    field: path === "conf" ? member : `${path}.${member}`,
    value,
    why,
    instead: findSupporters([field]),
  };
}

/** Makes the loss of a whole route. */
export function lossOfRoute(
  nic: Nic,
  route: NicRoute,
  field: FormatField,
  why: string,
): Loss {
  const member = route.path.slice(nic.path.length + 1);
  const value = route.position === undefined
    ? route.via?.text
    : nic.conf.vmRoutes[route.position];
  return lossOf(nic, member, value, field, why);
}

/** A route that is left out takes its attributes along. */
const ATTRIBUTES: readonly FormatField[] = [
  "priority",
  "routeMtu",
  "advmss",
  "table",
  "scope",
];

function isLeftOut(field: FormatField, line: FormatSupport): boolean {
  return line[field] === "no" &&
    (line.routes === "yes" || !ATTRIBUTES.includes(field));
}

type Values = (nic: Nic) => [member: string, value: unknown][];

/** Where each thing stands in a configuration. */
const VALUES: readonly (readonly [FormatField, Values])[] = [
  ["ifName", ({ conf }) => given("vmIfName", conf.vmIfName)],
  ["mac", ({ conf }) => given("vmMacAddr", conf.vmMacAddr)],
  ["mtu", ({ conf }) => given("vmMtu", conf.vmMtu)],
  ["ipv4", (nic) => addressesOf(nic, 4)],
  ["ipv6", (nic) => addressesOf(nic, 6)],
  [
    "routes",
    ({ conf }) =>
      conf.vmRoutes.map((route, index) => [`vmRoutes[${index}]`, route]),
  ],
  ["priority", (nic) => attributesOf(nic, "priority")],
  ["routeMtu", (nic) => attributesOf(nic, "mtu")],
  ["advmss", (nic) => attributesOf(nic, "advmss")],
  ["table", (nic) => attributesOf(nic, "table")],
  ["scope", (nic) => attributesOf(nic, "scope")],
  ["nameservers", ({ conf }) => listed("vmNameservers", conf.vmNameservers)],
  ["search", ({ conf }) => [
    ...given("vmDomain", conf.vmDomain),
    ...listed("vmSearchDomains", conf.vmSearchDomains),
  ]],
  [
    "resolverOptions",
    ({ conf }) => listed("vmResolverOptions", conf.vmResolverOptions),
  ],
];

function given(member: string, value: unknown): [string, unknown][] {
  return value === undefined ? [] : [[member, value]];
}

function listed(
  member: string,
  values: readonly unknown[],
): [string, unknown][] {
  return values.length === 0 ? [] : [[member, values]];
}

function addressesOf({ conf, addresses }: Nic, family: 4 | 6) {
  return addresses.flatMap(({ cidr }, index): [string, unknown][] =>
    cidr.family === family
      ? [[`vmIpConfigs[${index}]`, conf.vmIpConfigs[index]]]
      : []
  );
}

/** Attributes of routes that are carried; of others the whole is lost. */
function attributesOf({ conf }: Nic, attribute: keyof Route) {
  return conf.vmRoutes.flatMap((route, index) =>
    given(`vmRoutes[${index}].${attribute}`, route[attribute])
  );
}

function clashes(nic: Nic): Loss[] {
  return nic.clashes.map(({ position }) => ({
    ...lossOf(
      nic,
      `vmRoutes[${position}]`,
      nic.conf.vmRoutes[position ?? 0],
      "routes",
      "another route goes to the same destination with the same priority",
    ),
    instead: [],
  }));
}

/** What CNI calls the gateway of a subnet is of use as default route alone. */
function secondGateways(nic: Nic): Loss[] {
  const gateways = firstGatewaysOf(nic.addresses);
  return nic.addresses.flatMap(({ cidr, gateway }, index) => {
    const first = gateways.get(cidr.family)?.gateway;
    if (gateway === undefined || gateway.text === first?.text) return [];
    return {
      ...lossOf(
        nic,
        `vmIpConfigs[${index}].gateway`,
        gateway.text,
        "routes",
        `a guest has one default gateway for IPv${cidr.family}: ${first?.text}`,
      ),
      instead: [],
    };
  });
}
