/** The fields of an `ip=` parameter. */
import { type Ip, parseIp } from "../ip/address.ts";
import type { IpField } from "./explain.ts";

/** An `ip=` parameter, taken apart. */
export interface Parameter {
  /** As it stands on the command line. */
  readonly text: string;
  readonly fields: readonly IpField[];
  /** The values of the fields, before brackets are taken off. */
  readonly values: readonly string[];
  /** The guest's address, if it is one. */
  readonly client?: Ip;
  /** Of the mask, or a number: the length of the prefix, if it is one. */
  readonly prefixLength?: number;
  /** Whether it has dracut's fields for MTU and MAC. */
  readonly isDracuts: boolean;
}

type Names = readonly (readonly [name: string, meaning: string])[];

const FIRST: Names = [
  ["client-ip", "the guest's address"],
  ["server-ip", "the address of an NFS server"],
  ["gw-ip", "the default gateway"],
  ["netmask", "the mask of the guest's subnet"],
  ["hostname", "the guest's host name"],
  ["device", "the network interface; empty: the first one"],
  ["autoconf", "how it is configured; off or none: as it stands here"],
];
const KERNELS: Names = [
  ["dns0-ip", "the first nameserver"],
  ["dns1-ip", "the second nameserver"],
  ["ntp0-ip", "a time server"],
];
const DRACUTS: Names = [
  ["mtu", "the MTU in bytes (dracut's dialect)"],
  ["macaddr", "the MAC (dracut's dialect)"],
];

/** How a device is configured, as a word alone or behind the device. */
const METHOD =
  /^(?:(?<device>[^:[\]]+):)?(?<method>dhcp6?|dhcp4|auto6?|on|any|off|none|ibft|link6|link-local|either6|bootp|rarp|both)$/;

/**
 * Takes a parameter apart.
 *
 * @param text The parameter, such as `ip=10.0.0.2::10.0.0.1:255.255.255.0`.
 * @returns Its parts.
 */
export function parameterIn(text: string): Parameter {
  const value = text.replaceAll('"', "").replace(/^\w+=/, "");
  const short = value.match(METHOD)?.groups;
  if (short !== undefined) {
    const { device = "", method = "" } = short;
    const values = ["", "", "", "", "", device, method];
    const fields = fieldsOf(FIRST, values).slice(device === "" ? 6 : 5);
    return { text, fields, values, isDracuts: false };
  }
  const parts = partsOf(value);
  const isDracuts = /^\d{2,5}$/.test(parts[7] ?? "");
  const values = isDracuts
    ? [...parts.slice(0, 8), ...macOf(parts.slice(8))]
    : parts;
  const names = [...FIRST, ...isDracuts ? DRACUTS : KERNELS];
  return {
    text,
    fields: fieldsOf(names, values),
    values,
    client: parseIp(withoutBrackets(values[0] ?? "")),
    prefixLength: prefixLengthOf(values[3] ?? ""),
    isDracuts,
  };
}

/** Colons in brackets are of an IPv6 address. */
function partsOf(value: string): string[] {
  const parts = value.match(/(?<=^|:)(?:\[[^\]]*\]|[^:])*/g);
  return [...parts ?? []];
}

/** A MAC has colons too. */
function macOf(parts: readonly string[]): string[] {
  return parts.length === 0 ? [] : [parts.join(":")];
}

function fieldsOf(names: Names, values: readonly string[]): IpField[] {
  return values.map((value, index) => {
    const [name, meaning] = names[index] ??
      [`field ${index + 1}`, "nobody reads it"];
    return { name, value: withoutBrackets(value), meaning };
  });
}

function withoutBrackets(value: string): string {
  return value.replace(/^\[(.*)\]$/, "$1");
}

function prefixLengthOf(mask: string): number | undefined {
  if (/^\d{1,3}$/.test(mask)) return Number(mask);
  if (parseIp(mask)?.family !== 4) return undefined;
  const bits = mask.split(".").map((byte) =>
    Number(byte).toString(2).padStart(8, "0")
  ).join("");
  return /^1*0*$/.test(bits)
    ? bits.indexOf("0") < 0 ? 32 : bits.indexOf("0")
    : undefined;
}
