/** What the kernel has after a guest's program has read a format. */
import { assertEquals } from "@std/assert";
import { type Nic, parseNics } from "../../src/formats/nic.ts";
import {
  isDefault,
  isInMainTable,
  type NicRoute,
} from "../../src/formats/nic_routes.ts";
import { quoteShellWord } from "../../src/formats/shell_words.ts";
import { printCidr } from "../../src/ip/address.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { readKernelState, SHOW } from "../consumers/kernel.ts";
import { inSandbox } from "../integration/sandbox.ts";

/** The names that the devices of a VM have in the guest. */
export function listDeviceNames(confs: readonly StaticNetworkConf[]): string[] {
  return parseNics(confs).map(({ nameOrDefault }) => nameOrDefault);
}

/** Shell commands that make a device for each name. */
export function makeDevices(names: readonly string[]): string {
  return names.map((name, index) =>
    `ip link add name ${quoteShellWord(name)} type veth peer name peer${index}
ip link set peer${index} up`
  ).join("\n");
}

/** Runs a script among devices as the guest would, and asks the kernel then. */
export async function readStateAfter(
  names: readonly string[],
  script: string,
  stdin = "",
): Promise<string[]> {
  const { code, stdout, stderr } = await inSandbox(
    makeDevices(names),
    ["sh", "-ec", `{ ${script}\n} >&2\n${SHOW}`],
    { stdin },
  );
  assertEquals([code, stderr], [0, ""]);
  return readKernelState(stdout, names);
}

/** Predicts what the kernel has after all of the configurations are applied. */
export function predictState(confs: readonly StaticNetworkConf[]): string[] {
  return parseNics(confs).flatMap((nic) => {
    const { nameOrDefault, mac, mtu, addresses, routes } = nic;
    return [
      `${nameOrDefault} ${mac} mtu ${mtu}`,
      ...addresses.map(({ cidr }) => `${nameOrDefault} ${printCidr(cidr)}`),
      ...routes.map((route) => predictRoute(nic, route)),
    ];
  }).sort();
}

/** What the kernel has for a route that says nothing, and does not show. */
const UNSAID = {
  4: { metric: 0, scope: 253, scopeByGateway: 0 },
  6: { metric: 1024, scope: undefined, scopeByGateway: undefined },
};

function predictRoute({ nameOrDefault }: Nic, route: NicRoute): string {
  const { dst, via, onLink, priority, table, scope, mtu, advmss } = route;
  const unsaid = UNSAID[dst.family];
  const attributes = {
    metric: priority || unsaid.metric,
    table: isInMainTable(route) ? undefined : table,
    scope: dst.family === 6 ? undefined : scope,
    mtu,
    advmss,
  };
  const hidden = [
    attributes.metric === unsaid.metric ? "metric" : "",
    attributes.scope === (via ? unsaid.scopeByGateway : unsaid.scope)
      ? "scope"
      : "",
  ];
  return [
    ...[nameOrDefault, "route", showDestination(route)],
    ...(via ? ["via", via.text] : []),
    ...(onLink ? ["onlink"] : []),
    ...Object.entries(attributes)
      .filter(([name, value]) => value !== undefined && !hidden.includes(name))
      .flat(),
  ].join(" ");
}

/** `ip` shows neither the prefix length of a host nor that of everything. */
function showDestination(route: NicRoute): string {
  const { dst } = route;
  if (isDefault(route)) return "default";
  const isHost = dst.prefixLength === (dst.family === 4 ? 32 : 128);
  return isHost ? dst.text : printCidr(dst);
}

/** Leaves out what is said of gateways that need it not to be said. */
export function removeOnLink(state: readonly string[]): string[] {
  return state.map((line) => line.replace(" onlink", ""));
}
