/**
 * The `cloud-init` format: a seed folder of the NoCloud data source, in JSON,
 * which is YAML with every text quoted.
 *
 * Source: cloud-init's network configuration, version 2, as far as version 22.4
 * reads it as newer ones do: default routes by `gateway4` and `gateway6`.
 */
import type { Route } from "../cni/result.ts";
import { quote, VmConfError } from "../errors.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import type { FormatField, FormatOptions } from "./table.ts";
import type { Loss, RenderResult } from "./format.ts";
import { lossesOf, lossOf } from "./losses.ts";
import { ethernetOf, routeTo, scopeLosses } from "./netplan_values.ts";
import { type Nic, type NicRoute, nicsOf } from "./nic.ts";
import { isDefault, isInMainTable } from "./nic_routes.ts";
import { plainName } from "./values.ts";

/** Renders the `cloud-init` format. */
export function render(
  confs: readonly StaticNetworkConf[],
  { hostname, instanceId }: FormatOptions<"cloud-init"> = {},
): RenderResult {
  const nics = nicsOf(confs);
  const network = {
    version: 2,
    ethernets: Object.fromEntries(
      nics.map((nic) => [plainName(nic, "cloud-init"), definitionOf(nic)]),
    ),
  };
  const metaData = {
    "instance-id": instanceId === undefined
      ? instanceOf(nics)
      : instanceIdOf(instanceId),
    "local-hostname": hostname === undefined ? undefined : hostnameOf(hostname),
  };
  return {
    files: [
      { name: "network-config", text: documentOf(network) },
      { name: "meta-data", text: documentOf(metaData), companion: true },
      { name: "user-data", text: "#cloud-config\n{}\n", companion: true },
    ],
    lost: [
      ...lossesOf("cloud-init", nics),
      ...nics.flatMap((nic) => [...scopeLosses(nic), ...netplanAlone(nic)]),
    ],
  };
}

function documentOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function definitionOf(nic: Nic) {
  return {
    ...(nic.mac && {
      match: { macaddress: nic.mac },
      // Renderers other than netplan's would otherwise look for this name.
      "set-name": nic.nameOrDefault,
    }),
    ...ethernetOf(nic),
    ...Object.fromEntries(
      nic.routes.filter(isPlainDefault).map((
        { dst, via },
      ) => [`gateway${dst.family}`, via?.text]),
    ),
    routes: nic.routes.filter((route) => !isPlainDefault(route)).map(routeTo),
  };
}

function isPlainDefault(route: NicRoute): boolean {
  return isDefault(route) && !route.scope &&
    ATTRIBUTES.every(([, , , has]) => !has(route));
}

/** What version 22.4 hands on to netplan alone, and not to other renderers. */
const ATTRIBUTES: readonly (readonly [
  field: FormatField,
  member: keyof Route | undefined,
  words: string,
  has: (route: NicRoute) => boolean,
])[] = [
  [
    "routes",
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

/** Right where the guest has netplan, as Debian's and Ubuntu's images have. */
function netplanAlone(nic: Nic): Loss[] {
  return nic.routes.flatMap((route) =>
    ATTRIBUTES.filter(([, , , has]) => has(route)).map(
      ([field, member, words]) => {
        const [path, value] = placeOf(nic, route, member);
        const why = `cloud-init renders ${words} for netplan alone`;
        return lossOf(nic, path, value, field, why);
      },
    )
  );
}

/** What a gateway implies has its place there. */
function placeOf(
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

function instanceOf([nic]: readonly Nic[]): string {
  const text = nic?.addresses[0]?.cidr.text ?? "";
  return `vmconf-${text.replaceAll(/[.:]+/g, "-")}`;
}

/** RFC 1123, section 2.1, and the kernel's longest name. */
const HOSTNAME =
  /^(?=.{1,64}$)(?!-)[a-z\d-]{1,63}(?<!-)(?:\.(?!-)[a-z\d-]{1,63}(?<!-))*$/i;

function hostnameOf(text: string): string {
  if (HOSTNAME.test(text)) return text;
  throw invalidOption(
    "hostname",
    'a host name of letters, digits and hyphens such as "vm-1"',
    text,
  );
}

/** cloud-init makes a folder of this name. */
const INSTANCE_ID = /^(?!\.{1,2}$)[\w.:-]{1,128}$/;

function instanceIdOf(text: string): string {
  if (INSTANCE_ID.test(text)) return text;
  throw invalidOption(
    "instanceId",
    'letters, digits, "_", ".", ":" and "-", such as "vm-1"',
    text,
  );
}

function invalidOption(
  name: string,
  expected: string,
  found: string,
): VmConfError {
  const path = `options.${name}`;
  return new VmConfError(
    "invalid-option",
    `${path}: expected ${expected}, found ${quote(found)}`,
    { path },
  );
}
