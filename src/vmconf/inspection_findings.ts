/** What is wrong with a CNI result, and what else a person should know about it. */
import { scanJson } from "../cni/json_scan.ts";
import { findPosition } from "../cni/json_text.ts";
import type { CniInterface, CniResult } from "../cni/result.ts";
import type { Salvage } from "../cni/salvage.ts";
import {
  type ErrorCode,
  quote,
  requireVmConfError,
  VmConfError,
} from "../errors.ts";
import { getHostBits, parseCidr, parseIp } from "../ip/address.ts";
import {
  findOwner,
  findVmTapPair,
  getTapNetns,
  getVmIps,
  getVmMac,
} from "./pair.ts";

/** Something that a person should know about a CNI result. */
export interface Finding {
  /** A fault prevents the conversion; a note does not. */
  readonly kind: "fault" | "note";
  /** The code of the error with which a conversion would end. */
  readonly code?: ErrorCode;
  /** What it is, in a sentence. */
  readonly message: string;
  /** Where: a JSON path such as `result.ips[1].address`. */
  readonly path?: string;
  /** What to do next. */
  readonly hint?: string;
  /** Where in the text, if it is not JSON. */
  readonly excerpt?: Excerpt;
}

/** The place in a text where it stops being JSON. */
export interface Excerpt {
  /** The line, from 1. */
  readonly line: number;
  /** The column in UTF-16 code units, from 1. */
  readonly column: number;
  /** The line before the place, or its last part. */
  readonly before: string;
  /** The rest of the line, or its first part. */
  readonly after: string;
}

/** Finds all that prevents the conversion of a result for some VMs. */
export function findFaults(
  text: string,
  { faults, result }: Salvage,
  vms: readonly string[],
): Finding[] {
  const [first] = faults;
  if (first?.code === "invalid-json") {
    return [{ ...toFault(first), ...findExcerpt(text) }];
  }
  if (first?.code === "too-long" || first?.code === "plugin-failed") {
    return [toFault(first)];
  }
  const errors = [
    ...faults,
    ...[...result.ips.keys()].flatMap((position) =>
      catchError(() => findOwner(result, position))
    ),
    ...vms.length === 0 ? [noVm(result)] : [],
    ...vms.flatMap((containerID) => findPairErrors(result, containerID)),
  ];
  const distinct = new Map(errors.map((error) => [error.message, error]));
  return [...distinct.values()].map(toFault);
}

function findPairErrors(result: CniResult, containerID: string): VmConfError[] {
  let pair;
  try {
    pair = findVmTapPair(result, containerID);
  } catch (error) {
    return [requireVmConfError(error)];
  }
  const { vm, tap } = pair;
  return [
    ...catchError(() => getVmIps(result, vm)),
    ...catchError(() => getVmMac(result, vm)),
    ...catchError(() => getTapNetns(result, tap)),
  ];
}

function catchError(action: () => unknown): VmConfError[] {
  try {
    action();
    return [];
  } catch (error) {
    return [requireVmConfError(error)];
  }
}

function toFault({ code, message, path, hint }: VmConfError): Finding {
  return {
    kind: "fault",
    code,
    message,
    ...(path !== undefined && { path }),
    ...(hint !== undefined && { hint }),
  };
}

const MOST_SHOWN = 200;

function findExcerpt(text: string): { excerpt?: Excerpt } {
  const fault = scanJson(text);
  if (fault === undefined) return {};
  const { line, column } = findPosition(text, fault.offset);
  const start = fault.offset - Math.min(column - 1, MOST_SHOWN);
  const [after = ""] = text.slice(fault.offset, fault.offset + MOST_SHOWN)
    .split("\n", 1);
  const before = text.slice(start, fault.offset);
  return { excerpt: { line, column, before, after } };
}

function noVm({ interfaces }: CniResult): VmConfError {
  return new VmConfError(
    "no-pair",
    interfaces.length === 0
      ? "result.interfaces: expected the VM's pseudo-interface and its tap, found none"
      : "result.interfaces: expected one whose sandbox is a VM's id, found sandboxes that are paths or none",
    {
      path: "result.interfaces",
      hint: interfaces.length === 0
        ? "Results of CNI 0.1.0 and 0.2.0 (or without cniVersion) never have any."
        : "The last plugin of the chain, tc-redirect-tap, adds one. If the VM's id looks like a path, give it with --id.",
    },
  );
}

/** Finds what does not prevent the conversion, but may surprise. */
export function findNotes(
  result: CniResult,
  vms: readonly string[],
  given: boolean,
): Finding[] {
  const several = !given && vms.length > 1
    ? [makeNote(
      "result.interfaces",
      `More than one sandbox could be a VM's: ${vms.map(quote).join(", ")}`,
      "Choose one with --id.",
    )]
    : [];
  return [
    ...several,
    ...vms.flatMap((containerID) => findPairNotes(result, containerID)),
    ...result.ips.flatMap(findIpNotes),
    ...result.dns.nameservers.flatMap(findNameserverNotes),
  ];
}

function makeNote(path: string, message: string, hint: string): Finding {
  return { kind: "note", message, path, hint };
}

function findPairNotes(result: CniResult, containerID: string): Finding[] {
  let pair;
  try {
    pair = findVmTapPair(result, containerID);
  } catch {
    return []; // Already reported as a fault.
  }
  const pathOf = (it: CniInterface) =>
    `result.interfaces[${result.interfaces.indexOf(it)}]`;
  const notes: Finding[] = [];
  if (pair.vm.mac === undefined) {
    notes.push(makeNote(
      `${pathOf(pair.vm)}.mac`,
      "The VM's interface has no MAC",
      "The VMM will choose one, which the network may not expect.",
    ));
  }
  if (pair.tap.mtu === undefined) {
    notes.push(makeNote(
      `${pathOf(pair.tap)}.mtu`,
      "The tap has no MTU in the result",
      "vmconf reads it from the kernel, unless --mtu N gives it.",
    ));
  }
  return notes;
}

function findIpNotes(
  { address, gateway, interface: owner }: CniResult["ips"][number],
  position: number,
): Finding[] {
  const path = `result.ips[${position}]`;
  const notes: Finding[] = [];
  if (owner === undefined) {
    notes.push(makeNote(
      `${path}.interface`,
      `${quote(address)} belongs to no interface`,
      "An address belongs to a VM by the index of its interface. Some plugins, such as Cilium, print no index.",
    ));
  }
  const subnet = parseCidr(address);
  const ip = gateway === undefined ? undefined : parseIp(gateway);
  if (subnet && ip && getHostBits(subnet, ip) === undefined) {
    notes.push(makeNote(
      `${path}.gateway`,
      `The gateway ${ip.text} is not in the subnet of ${address}`,
      "The guest reaches it only by a route on the link, which not every format supports.",
    ));
  }
  return notes;
}

function findNameserverNotes(nameserver: string, position: number): Finding[] {
  if (parseIp(nameserver) !== undefined) return [];
  return [makeNote(
    `result.dns.nameservers[${position}]`,
    `${quote(nameserver)} is not an IP address`,
    "Formats refuse such a name server.",
  )];
}
