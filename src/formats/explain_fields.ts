/**
 * The fields of an `ip=` value, as the kernel names them; where dracut differs,
 * as dracut does.
 *
 * Source: the kernel's Documentation/admin-guide/nfs/nfsroot.rst;
 * dracut.cmdline(7).
 */
import {
  type Cidr,
  type Ip,
  parseCidr,
  parseIp,
  printIpv4Mask,
} from "../ip/address.ts";

/** What a field is, by its name, and what it means if it is empty. */
const FIELDS = {
  client: ["the guest's address", "requested from a server"],
  server: ["the server to boot from (dracut: the peer)", "none"],
  gateway: ["the gateway, for the default route", "no default route"],
  netmask: ["the mask of the subnet", "guessed from the address"],
  hostname: ["the guest's host name", "unset"],
  device: ["the network device", "any device"],
  autoconf: ["the protocol to ask for an address; off for none", "any"],
  dns0: ["the first nameserver", "none"],
  dns1: ["the second nameserver", "none"],
  ntp0: ["an NTP server", "none"],
  mtu: ["the MTU (dracut-like readers only)", "unchanged"],
  mac: ["the MAC to set (dracut-like readers only)", "unchanged"],
  extra: ["no field that any reader knows", "nothing"],
} as const;

export type IpFieldName = keyof typeof FIELDS;

/** A field of an `ip=` value. */
export interface IpField {
  /** Which one it is, from 1; a MAC is one field. */
  readonly position: number;
  readonly name: IpFieldName;
  /** Its text; may be empty. */
  readonly value: string;
  /** What it is, in a few words. */
  readonly meaning: string;
}

/** An `ip=` value, split and parsed. */
export interface ParsedIp {
  readonly fields: readonly IpField[];
  /** The text of a field; empty if it is not there. */
  readonly getText: (name: IpFieldName) => string;
  /** The guest's address, if it is one; IPv6 stands in brackets. */
  readonly client?: Ip;
  /** The guest's IPv4 address with its prefix length, if its mask is one. */
  readonly subnet?: Cidr;
  /** The IPv4 gateway, if it is one. */
  readonly gateway?: Ip;
  /** Whether the line has a route to that gateway, for dracut-like readers. */
  readonly hasGatewayRoute: boolean;
}

const NETWORK = [
  "client",
  "server",
  "gateway",
  "netmask",
  "hostname",
  "device",
  "autoconf",
] as const;
const SERVERS = ["dns0", "dns1", "ntp0"] as const;
const LINK = ["mtu", "mac"] as const;

/** What the field `autoconf` may say, to one reader or another. */
const PROTOCOLS =
  /^(?:off|none|static|on|any|both|dhcp|bootp|rarp|dhcp6|auto6|either6|single-dhcp|link6|link-local|ibft)$/;

/** Splits an `ip=` value into its fields. */
export function parseIpParam(
  value: string,
  words: ReadonlySet<string> = new Set(),
): ParsedIp {
  const texts = splitFields(value);
  const names = nameFields(texts);
  const joined = names.includes("mac") ? joinMac(texts, names) : texts;
  const fields = joined.map((text, index): IpField => {
    const name = names[index] ?? "extra";
    return {
      position: index + 1,
      name,
      value: text,
      meaning: explainField(name, text),
    };
  });
  const getText = (name: IpFieldName) =>
    fields.find((field) => field.name === name)?.value ?? "";
  const client = parseAddress(getText("client"));
  const prefixLength = parseMask(getText("netmask"));
  const gateway = parseAddress(getText("gateway"));
  return {
    fields,
    getText,
    ...(client && { client }),
    ...(client?.family === 4 && prefixLength !== undefined &&
      prefixLength <= 32 && { subnet: { ...client, prefixLength } }),
    ...(gateway?.family === 4 && { gateway }),
    hasGatewayRoute: words.has(
      `rd.route=${gateway?.text}/32::${getText("device")}`,
    ),
  };
}

/**
 * Splits at colons, but not within the brackets of an IPv6 address. Backwards:
 * a regular expression would look for the closing bracket from each colon.
 */
function splitFields(value: string): string[] {
  const texts: string[] = [];
  let end = value.length;
  let isInBrackets = false;
  for (let index = end - 1; index >= 0; index--) {
    const char = value[index];
    if (char === "]") isInBrackets = true;
    else if (char === "[") isInBrackets = false;
    else if (char === ":" && !isInBrackets) {
      texts.push(value.slice(index + 1, end));
      end = index;
    }
  }
  texts.push(value.slice(0, end));
  return texts.reverse();
}

function nameFields(texts: readonly string[]): readonly IpFieldName[] {
  const [first = "", second = ""] = texts;
  if (texts.length === 1 && PROTOCOLS.test(first)) return ["autoconf"];
  if (first !== "" && !first.includes(".") && PROTOCOLS.test(second)) {
    return ["device", "autoconf", ...LINK];
  }
  const tail = texts.slice(NETWORK.length);
  return [...NETWORK, ...(hasLinkFields(tail) ? LINK : SERVERS)];
}

const MAC = /^[\da-f]{2}(?::[\da-f]{2}){5}$/i;

function hasLinkFields([mtu = "", ...mac]: readonly string[]): boolean {
  return /^\d+$/.test(mtu) || mtu === "" && MAC.test(mac.join(":"));
}

/** The colons of a MAC do not end fields. */
function joinMac(
  texts: readonly string[],
  names: readonly IpFieldName[],
): string[] {
  const start = names.indexOf("mac");
  return texts.length <= start
    ? [...texts]
    : [...texts.slice(0, start), texts.slice(start).join(":")];
}

function explainField(name: IpFieldName, text: string): string {
  const [meaning, ifEmpty] = FIELDS[name];
  if (text === "") return `${meaning}: ${ifEmpty}`;
  const prefixLength = name === "netmask" ? parseMask(text) : undefined;
  return prefixLength === undefined ? meaning : `${meaning}: /${prefixLength}`;
}

function parseAddress(text: string): Ip | undefined {
  const [, inBrackets] = /^\[(.*)\]$/.exec(text) ?? [];
  const ip = parseIp(inBrackets ?? text);
  return ip?.family === (inBrackets === undefined ? 4 : 6) ? ip : undefined;
}

/** Parses a mask, or a prefix length in its place. */
function parseMask(text: string): number | undefined {
  if (/^\d+$/.test(text)) return parseCidr(`::/${text}`)?.prefixLength;
  for (let length = 0; length <= 32; length++) {
    if (printIpv4Mask(length) === text) return length;
  }
}
