/** What a CNI result contains, for people: also one that cannot be converted. */
import type {
  CniDns,
  CniInterface,
  CniIpConfig,
  CniResult,
  ParseResultOptions,
  Route,
} from "../cni/result.ts";
import { salvageResult } from "../cni/salvage.ts";
import { findFaults, type Finding, findNotes } from "./inspection_findings.ts";
import { findPossibleVms, findRoles, type Role } from "./inspection_pairs.ts";

/** What a CNI result contains. Plain data: it can be printed as JSON. */
export interface Inspection {
  /** Whether it can be converted for each of `vms`, if the MTU is known. */
  readonly converts: boolean;
  /** The result's own `cniVersion`, if it has one. */
  readonly cniVersion?: string;
  /** The VM's id, if it was given; otherwise the sandboxes that could be a VM's. */
  readonly vms: readonly string[];
  /** The sandboxes, in the order of their first interface. */
  readonly sandboxes: readonly InspectedSandbox[];
  /** Addresses that belong to none of the interfaces. */
  readonly strayIps: readonly CniIpConfig[];
  /** The routes. */
  readonly routes: readonly Route[];
  /** How names are to be resolved. */
  readonly dns: CniDns;
  /** Every fault, then every note. */
  readonly findings: readonly Finding[];
}

/** A sandbox of a CNI result. */
export interface InspectedSandbox {
  /** Its text; empty for the host. */
  readonly sandbox: string;
  /** `vm`: one of `vms`; `other`: neither that, nor a path, nor the host. */
  readonly kind: "vm" | "netns" | "host" | "other";
  /** Its interfaces, in the result's order. */
  readonly interfaces: readonly InspectedInterface[];
}

/** An interface of a CNI result, with all that belongs to it. */
export interface InspectedInterface extends CniInterface {
  /** Its index in the result. */
  readonly index: number;
  /** The addresses that point at it. */
  readonly ips: readonly CniIpConfig[];
  /** What it is to VMs; empty if it is nothing to any. */
  readonly roles: readonly Role[];
}

/** Options of {@linkcode inspectResult}. */
export interface InspectOptions extends ParseResultOptions {
  /** The VM's id; unset: all sandboxes that could be a VM's. */
  readonly containerID?: string;
}

/** Reads a CNI result as far as possible, and finds all that is wrong with it. */
export function inspectResult(
  text: string,
  options: InspectOptions = {},
): Inspection {
  const { containerID } = options;
  const given = containerID !== undefined;
  const salvage = salvageResult(text, options);
  const { result, cniVersion } = salvage;
  const vms = given ? [containerID] : findPossibleVms(result);
  const faults = findFaults(text, salvage, vms);
  return {
    converts: faults.length === 0,
    ...(cniVersion !== undefined && { cniVersion }),
    vms,
    sandboxes: groupBySandbox(result, vms, given),
    strayIps: result.ips.filter(({ interface: owner }) =>
      owner === undefined || result.interfaces[owner] === undefined
    ),
    routes: result.routes,
    dns: result.dns,
    findings: [...faults, ...findNotes(result, vms, given)],
  };
}

function groupBySandbox(
  result: CniResult,
  vms: readonly string[],
  given: boolean,
): InspectedSandbox[] {
  const roles = vms.map((vm) => findRoles(result, vm, given));
  const ips = Map.groupBy(result.ips, ({ interface: owner }) => owner);
  const interfaces = result.interfaces.map((it, index) => ({
    ...it,
    index,
    ips: ips.get(index) ?? [],
    roles: roles.flatMap((byIndex) => byIndex.get(index) ?? []),
  }));
  const groups = Map.groupBy(interfaces, ({ sandbox = "" }) => sandbox);
  return [...groups].map(([sandbox, interfaces]) => ({
    sandbox,
    kind: classifySandbox(sandbox, vms),
    interfaces,
  }));
}

function classifySandbox(
  sandbox: string,
  vms: readonly string[],
): InspectedSandbox["kind"] {
  if (vms.includes(sandbox)) return "vm";
  if (sandbox === "") return "host";
  return sandbox.includes("/") ? "netns" : "other";
}
