/** What a format leaves out, as the table of formats says. */
import type { Route } from "../cni/result.ts";
import { findAlternatives } from "./alternatives.ts";
import type { Loss } from "./format.ts";
import type { Nic } from "./nic.ts";
import {
  findFirstGateways,
  listFamilies,
  type NicAddress,
} from "./nic_addresses.ts";
import { isInMainTable, type NicRoute } from "./nic_routes.ts";
import {
  FORMAT_SUPPORT,
  type FormatField,
  type FormatName,
  type FormatSupport,
} from "./format_table.ts";

/** Finds what a format leaves out because it does not support it at all. */
export function findLosses(format: FormatName, nics: readonly Nic[]): Loss[] {
  const support = FORMAT_SUPPORT[format];
  if (support.several === "no" && nics.length > 1) {
    return [
      ...findLosses(format, nics.slice(0, 1)),
      ...nics.slice(1).map((nic) => ({
        field: nic.path,
        value: nic.conf,
        why: `${format} configures one network interface`,
        instead: findAlternatives(nic.path, listAddressFields(nic.addresses)),
      })),
    ];
  }
  const fields = VALUES.map(([field]) => field)
    .filter((field) => isLeftOut(field, support));
  return nics.flatMap((nic) => [
    ...makeLosses(nic, fields, `${format} does not support it`),
    ...(support.routes === "yes"
      ? [...findClashes(nic), ...findSecondGateways(nic)]
      : []),
  ]);
}

/**
 * Makes the losses of all values that some fields of a network interface have.
 *
 * @param more What another format must support, too, to keep them.
 */
export function makeLosses(
  nic: Nic,
  fields: readonly FormatField[],
  why: string,
  more: readonly FormatField[] = [],
): Loss[] {
  return VALUES.filter(([field]) => fields.includes(field))
    .flatMap(([field, listValues]) =>
      listValues(nic).map(([member, value, needed = []]) =>
        makeLoss(nic, member, value, why, [field, ...needed, ...more])
      )
    );
}

/**
 * Makes one loss.
 *
 * @param needed All that a format must support to keep the value; unset if no
 * format can.
 */
export function makeLoss(
  { path }: Nic,
  member: string,
  value: unknown,
  why: string,
  needed?: readonly FormatField[],
): Loss {
  return {
    field: path === "conf" ? member : `${path}.${member}`,
    value,
    why,
    instead: needed === undefined ? [] : findAlternatives(path, needed),
  };
}

/** Makes the loss of a whole route; another format must keep all of it. */
export function makeRouteLoss(
  nic: Nic,
  route: NicRoute,
  why: string,
  more: readonly FormatField[] = [],
): Loss {
  const { path, position, via } = route;
  const member = path.slice(nic.path.length + 1);
  const value = position === undefined
    ? via?.text
    : nic.conf.vmRoutes[position];
  const isClash = position !== undefined && nic.clashes.has(position);
  const needed = isClash
    ? undefined
    : [...listRouteFields(nic, route), ...more];
  return makeLoss(nic, member, value, why, needed);
}

/** Makes the loss of one nameserver. */
export function makeNameserverLoss(
  nic: Nic,
  position: number,
  why: string,
): Loss {
  const family = nic.nameservers[position]?.family ?? 4;
  return makeLoss(
    nic,
    `vmNameservers[${position}]`,
    nic.conf.vmNameservers[position],
    why,
    ["nameservers", ...listFamilyFields(nic, family)],
  );
}

/** Lists what a format must support to configure some addresses. */
export function listAddressFields(
  addresses: readonly NicAddress[],
): FormatField[] {
  return [
    ...[...listFamilies(addresses)].map((family) => `ipv${family}` as const),
    ...(addresses.length > 1 ? ["severalAddresses" as const] : []),
  ];
}

/** The attributes of routes, by their fields. */
const ATTRIBUTES = {
  priority: "priority",
  routeMtu: "mtu",
  advmss: "advmss",
  table: "table",
  scope: "scope",
} as const;

type Attribute = keyof typeof ATTRIBUTES;

const ATTRIBUTE_FIELDS = Object.keys(ATTRIBUTES) as Attribute[];

/** Lists what a format must support to keep a route whole. */
function listRouteFields(nic: Nic, route: NicRoute): FormatField[] {
  return [
    "routes",
    ...(route.via === undefined ? ["linkRoutes" as const] : []),
    ...(route.onLink ? ["onLink" as const] : []),
    ...ATTRIBUTE_FIELDS.filter((field) =>
      field === "table"
        ? !isInMainTable(route)
        : route[ATTRIBUTES[field]] !== undefined
    ),
    ...listFamilyFields(nic, route.dst.family),
  ];
}

/** Lists what a format must support for a family of routes or nameservers. */
export function listFamilyFields(
  { families }: Nic,
  family: 4 | 6,
): FormatField[] {
  if (!families.has(family)) return ["otherFamily"];
  return families.size > 1 ? ["severalAddresses"] : [];
}

/** A route that is left out takes its attributes along. */
function isLeftOut(field: FormatField, support: FormatSupport): boolean {
  return support[field] === "no" &&
    (support.routes === "yes" || !Object.hasOwn(ATTRIBUTES, field));
}

/** A value, and what a format must support beside its field to keep it. */
type Value = readonly [
  member: string,
  value: unknown,
  needed?: readonly FormatField[],
];

/** Where each field has its values in a configuration. */
const VALUES: readonly (readonly [FormatField, (nic: Nic) => Value[]])[] = [
  ["ifName", ({ conf }) => listGiven("vmIfName", conf.vmIfName)],
  ["mac", ({ conf }) => listGiven("vmMacAddr", conf.vmMacAddr)],
  ["mtu", ({ conf }) => listGiven("vmMtu", conf.vmMtu)],
  ["ipv4", (nic) => listAddresses(nic, 4)],
  ["ipv6", (nic) => listAddresses(nic, 6)],
  ["routes", (nic) =>
    nic.givenRoutes.map((route, index) => [
      `vmRoutes[${index}]`,
      nic.conf.vmRoutes[index],
      listRouteFields(nic, route),
    ])],
  ...ATTRIBUTE_FIELDS.map((field) =>
    [field, (nic: Nic) => listAttributes(nic, ATTRIBUTES[field])] as const
  ),
  ["nameservers", (nic) =>
    listGiven("vmNameservers", nic.conf.vmNameservers, [
      ...new Set(
        nic.nameservers.flatMap(({ family }) => listFamilyFields(nic, family)),
      ),
    ])],
  ["search", ({ conf }) => [
    ...listGiven("vmDomain", conf.vmDomain),
    ...listGiven("vmSearchDomains", conf.vmSearchDomains),
  ]],
  [
    "resolverOptions",
    ({ conf }) => listGiven("vmResolverOptions", conf.vmResolverOptions),
  ],
];

/** An empty list has nothing to lose. */
function listGiven(
  member: string,
  value: unknown,
  needed?: readonly FormatField[],
): Value[] {
  const isEmpty = value === undefined ||
    Array.isArray(value) && value.length === 0;
  return isEmpty ? [] : [[member, value, needed]];
}

function listAddresses(nic: Nic, family: 4 | 6): Value[] {
  const needed = listAddressFields(nic.addresses);
  return nic.addresses.flatMap((address, index): Value[] =>
    address.cidr.family !== family ? [] : [[
      `vmIpConfigs[${index}]`,
      nic.conf.vmIpConfigs[index],
      [...needed, ...listGatewayFields(nic, address)],
    ]]
  );
}

/** Lists what a format must support for the route that a gateway implies. */
export function listGatewayFields(
  nic: Nic,
  { path }: NicAddress,
): FormatField[] {
  const implied = nic.impliedRoutes
    .find((route) => route.path === `${path}.gateway`);
  return implied === undefined ? [] : listRouteFields(nic, implied);
}

function listAttributes(nic: Nic, attribute: keyof Route): Value[] {
  return nic.givenRoutes.flatMap(({ dst }, index) =>
    listGiven(
      `vmRoutes[${index}].${attribute}`,
      nic.conf.vmRoutes[index]?.[attribute],
      listFamilyFields(nic, dst.family),
    )
  );
}

function findClashes(nic: Nic): Loss[] {
  return [...nic.clashes].map((position) =>
    makeLoss(
      nic,
      `vmRoutes[${position}]`,
      nic.conf.vmRoutes[position],
      "another route goes to the same destination with the same priority",
    )
  );
}

/** A guest uses the gateway of a subnet only as default gateway. */
function findSecondGateways(nic: Nic): Loss[] {
  const gateways = findFirstGateways(nic.addresses);
  return nic.addresses.flatMap(({ cidr, gateway }, index) => {
    const first = gateways.get(cidr.family)?.gateway;
    if (gateway === undefined || gateway.text === first?.text) return [];
    return makeLoss(
      nic,
      `vmIpConfigs[${index}].gateway`,
      gateway.text,
      `a guest has one default gateway for IPv${cidr.family}: ${first?.text}`,
    );
  });
}
