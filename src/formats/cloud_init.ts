/**
 * The `cloud-init` format: a seed folder of the NoCloud data source, in JSON,
 * which is YAML with every text quoted.
 *
 * Source: cloud-init's network configuration, version 2. Default routes are
 * `gateway4` and `gateway6`, which cloud-init 22.4 reads like newer versions.
 */
import type { Route } from "../cni/result.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { makeCompanion, makeJsonFile } from "./files.ts";
import type { Loss, RenderResult } from "./format.ts";
import { findLosses, listFamilyFields, makeLoss } from "./losses.ts";
import { describeEthernet, describeRoute, findScopeLosses } from "./netplan.ts";
import { type Nic, parseNics } from "./nic.ts";
import { isDefault, isInMainTable, type NicRoute } from "./nic_routes.ts";
import type { FormatField, FormatOptions } from "./format_table.ts";
import { checkPlainName, invalidOption } from "./values.ts";

/** Renders the `cloud-init` format. */
export function render(
  confs: readonly StaticNetworkConf[],
  { hostname, instanceId }: FormatOptions<"cloud-init"> = {},
): RenderResult {
  const nics = parseNics(confs);
  const network = {
    version: 2,
    ethernets: Object.fromEntries(
      nics.map((
        nic,
      ) => [checkPlainName(nic, "cloud-init"), describeDevice(nic)]),
    ),
  };
  const metaData = {
    "instance-id": instanceId === undefined
      ? makeInstanceId(nics)
      : checkInstanceId(instanceId),
    "local-hostname": hostname === undefined
      ? undefined
      : checkHostname(hostname),
  };
  return {
    files: [
      makeJsonFile("network-config", network),
      makeCompanion(makeJsonFile("meta-data", metaData)),
      makeCompanion({ name: "user-data", text: "#cloud-config\n{}\n" }),
    ],
    lost: [
      ...findLosses("cloud-init", nics),
      ...nics.flatMap((
        nic,
      ) => [...findScopeLosses(nic), ...findNetplanOnly(nic)]),
    ],
  };
}

function describeDevice(nic: Nic) {
  return {
    ...(nic.mac && {
      match: { macaddress: nic.mac },
      // Renderers other than netplan's would otherwise look for this name.
      "set-name": nic.nameOrDefault,
    }),
    ...describeEthernet(nic),
    ...Object.fromEntries(
      nic.routes.filter(isPlainDefault).map((
        { dst, via },
      ) => [`gateway${dst.family}`, via?.text]),
    ),
    routes: nic.routes.filter((route) => !isPlainDefault(route))
      .map(describeRoute),
  };
}

function isPlainDefault(route: NicRoute): boolean {
  return isDefault(route) && !route.scope &&
    ATTRIBUTES.every(([, , , has]) => !has(route));
}

/** What cloud-init 22.4 gives to netplan only, and to no other renderer. */
const ATTRIBUTES: readonly (readonly [
  field: FormatField,
  member: keyof Route | undefined,
  words: string,
  has: (route: NicRoute) => boolean,
])[] = [
  [
    "linkRoutes",
    undefined,
    "a route without next hop",
    ({ via }) => via === undefined,
  ],
  ["onLink", "gw", "an on-link next hop", ({ onLink }) => onLink],
  [
    "priority",
    "priority",
    "a metric",
    ({ priority }) => priority !== undefined,
  ],
  ["table", "table", "a table", (route) => !isInMainTable(route)],
  ["routeMtu", "mtu", "an mtu", ({ mtu }) => Boolean(mtu)],
];

/** No loss if the guest has netplan, as Debian's and Ubuntu's images have. */
function findNetplanOnly(nic: Nic): Loss[] {
  return nic.routes.flatMap((route) =>
    ATTRIBUTES.filter(([, , , has]) => has(route)).map(
      ([field, member, words]) => {
        const [path, value] = locate(nic, route, member);
        const why = `cloud-init renders ${words} for netplan only`;
        const families = listFamilyFields(nic, route.dst.family);
        return makeLoss(nic, path, value, why, [field, ...families]);
      },
    )
  );
}

/** Finds where a route, or a member of it, stands in the configuration. */
function locate(
  { conf, path }: Nic,
  route: NicRoute,
  member: keyof Route | undefined,
): [path: string, value: unknown] {
  const place = route.path.slice(path.length + 1);
  if (route.position === undefined) return [place, route.via?.text];
  const given = conf.vmRoutes[route.position];
  const value = member && given?.[member];
  // Unset are a next hop and a metric that the interface itself implies.
  return value === undefined ? [place, given] : [`${place}.${member}`, value];
}

function makeInstanceId([nic]: readonly Nic[]): string {
  const text = nic?.addresses[0]?.cidr.text ?? "";
  return `vmconf-${text.replaceAll(/[.:]+/g, "-")}`;
}

/** RFC 1123, section 2.1, and the kernel's longest name. */
const HOSTNAME =
  /^(?=.{1,64}$)(?!-)[a-z\d-]{1,63}(?<!-)(?:\.(?!-)[a-z\d-]{1,63}(?<!-))*$/i;

function checkHostname(text: string): string {
  if (HOSTNAME.test(text)) return text;
  throw invalidOption(
    "hostname",
    'a host name of letters, digits and hyphens such as "vm-1"',
    text,
  );
}

/** cloud-init makes a folder of this name. */
const INSTANCE_ID = /^(?!\.{1,2}$)[\w.:-]{1,128}$/;

function checkInstanceId(text: string): string {
  if (INSTANCE_ID.test(text)) return text;
  throw invalidOption(
    "instanceId",
    'letters, digits, "_", ".", ":" and "-", such as "vm-1"',
    text,
  );
}
