/**
 * Where an answer differs from Go's, by the rules under which the two count as
 * the same.
 *
 * Everywhere alike: nil and empty lists (Q14), "" and unset, and the empty
 * fields that Go leaves at the end of `ip=`, which real readers reject.
 */
import type { Route, StaticNetworkConf } from "../../mod.ts";
import {
  type Answer,
  type GoConf,
  type GoRoute,
  NETNS_PREFIX,
  SCRATCH,
  type Vector,
} from "./vector.ts";

/** Go's messages for malformed input; ours has its own words and a place. */
const SYNTAX_OR_TYPE =
  /^(?:decoding version from network config: )?json: |^decoding version from network config: |^invalid (?:CIDR|IP) address: /;

/** Go's addresses of memory, and its dump of addresses. */
const GO_DUMP = / instead found \[\{Interface:.*$/s;

/** Tells where an answer differs from Go's: nothing, if it is the same. */
export function differences(vector: Vector, answer: Answer): string[] {
  const { ok, error, panic } = vector.expect;
  if (ok !== undefined) {
    return answer.ok === undefined
      ? [`expected success, found: ${answer.error?.message}`]
      : [...confDifferences(ok, answer.ok), ...ipDifferences(ok, answer)];
  }
  if (answer.error === undefined) {
    return [`expected a failure, found success: ${error ?? "Go panics"}`];
  }
  const { message, path, code } = answer.error;
  if (panic || SYNTAX_OR_TYPE.test(error ?? "")) {
    return path !== undefined || code === "invalid-json"
      ? []
      : [`expected a place, found only: ${message}`];
  }
  const expected = placed(error ?? "").replace(GO_DUMP, "");
  return message.startsWith(expected)
    ? []
    : [`expected a message that begins with ${expected}, found ${message}`];
}

function placed(text: string): string {
  return text.replaceAll(/\$\{NETNS:(\w+)\}/g, `${NETNS_PREFIX}$1`)
    .replaceAll("${SCRATCH}", SCRATCH);
}

function confDifferences(go: GoConf, ours: StaticNetworkConf): string[] {
  const expected = {
    tapName: go.tapName,
    netNSPath: placed(go.netNSPath),
    vmIfName: go.vmIfName,
    vmMacAddr: go.vmMacAddr,
    vmMtu: go.vmMTU,
    vmIpConfigs: [{
      address: go.vmIPConfig.address.cidr,
      gateway: go.vmIPConfig.gateway ?? undefined,
    }],
    vmRoutes: (go.vmRoutes ?? []).map(routeOf),
    vmNameservers: go.vmNameservers ?? [],
    vmDomain: go.vmDomain,
    vmSearchDomains: go.vmSearchDomains ?? [],
    vmResolverOptions: go.vmResolverOptions ?? [],
  };
  const found: Record<string, unknown> = {
    ...ours,
    vmIfName: ours.vmIfName ?? "",
    vmMacAddr: ours.vmMacAddr ?? "",
    vmDomain: ours.vmDomain ?? "",
    vmIpConfigs: ours.vmIpConfigs.map(({ address, gateway }) => ({
      address,
      gateway,
    })),
    vmRoutes: ours.vmRoutes.map(fullRoute),
  };
  return Object.entries(expected).flatMap(([field, value]) => {
    const [left, right] = [value, found[field]].map((it) => JSON.stringify(it));
    return left === right ? [] : [`${field}: expected ${left}, found ${right}`];
  });
}

function routeOf(go: GoRoute | null): unknown {
  return go && { ...go, dst: go.dst.cidr };
}

function fullRoute(route: Route): unknown {
  const { dst, gw, mtu, advmss, priority, table, scope } = route;
  return {
    dst,
    gw: gw ?? null,
    mtu: mtu ?? 0,
    advmss: advmss ?? 0,
    priority: priority ?? 0,
    table: table ?? null,
    scope: scope ?? null,
  };
}

function ipDifferences(go: GoConf, { ip }: Answer): string[] {
  const expected = go.ipBootParam?.replace(/:+$/, "");
  const found = ip?.ok ?? ip?.error?.message;
  return expected === found
    ? []
    : [`ip=: expected ${expected}, found ${found}`];
}
