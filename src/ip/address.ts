/**
 * IPv4 and IPv6 addresses: parse, print, prefix length → mask, contains.
 *
 * This file decides what is an address, as Go does: no leading zeros, no zone, no
 * short forms. `ip-bigint` converts it to a number and to the text of RFC 5952.
 */
import { normalizeIp, parseIp as toNumber, stringifyIp } from "ip-bigint";

/** An IP address. */
export interface Ip {
  /** 4 or 6. */
  readonly family: 4 | 6;
  /** The canonical text: RFC 5952 for IPv6. */
  readonly text: string;
}

/** An address of a host together with the prefix length of its subnet. */
export interface Cidr extends Ip {
  /** The prefix length: 0 to 32, or 0 to 128. */
  readonly prefixLength: number;
}

/** `{4}` and not four copies, which V8 takes far longer to compile. */
const OCTETS = "(?=\\d)(?:(?:^|\\.)(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)){4}";
const IPV4 = new RegExp(`^${OCTETS}$`);
const IPV4_CIDR = new RegExp(`^${OCTETS}/(?:[12]?\\d|3[0-2])$`);
const GROUP = "[\\da-f]{1,4}";
const GROUPS = `(?:${GROUP}(?::${GROUP})*)?`;
/** Eight groups, or fewer with `::` for the rest. */
const IPV6 = new RegExp(
  `^(?:(?:${GROUP}:){7}${GROUP}|(?!:*(?:${GROUP}(?::+|$)){8})${GROUPS}::${GROUPS})$`,
  "i",
);

/** The patterns below are for JSON Schemas: without lookahead, which RE2 lacks. */
const OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const ANY_IPV4 = `${OCTET}(\\.${OCTET}){3}`;
const ANY_GROUP = "[0-9A-Fa-f]{0,4}";
/** Roughly: it does not count groups. */
const ANY_IPV6 = `${ANY_GROUP}(:${ANY_GROUP}){1,7}:(${ANY_GROUP}|${ANY_IPV4})`;

/** Matches everything that {@linkcode parseIp} parses. */
export const IP_PATTERN: string = `^(${ANY_IPV4}|${ANY_IPV6})$`;

/** Matches everything that {@linkcode parseCidr} parses. */
export const CIDR_PATTERN: string =
  `^(${ANY_IPV4}/0*([12]?[0-9]|3[0-2])|${ANY_IPV6}/0*([1-9]?[0-9]|1[01][0-9]|12[0-8]))$`;

/** The prefix of mapped addresses, and of some others. */
const MAPPED = "::ffff:";
const MAPPED_PREFIX = 0xffffn;

/** Parses an IPv4 or IPv6 address. */
export function parseIp(text: string): Ip | undefined {
  const ip = parseLiteral(text);
  if (ip?.family !== 6 || !ip.text.startsWith(MAPPED)) return ip;
  const bits = toNumber(ip.text).number;
  if (bits >> 32n !== MAPPED_PREFIX) return ip;
  return { family: 4, text: printIpv4(BigInt.asUintN(32, bits)) };
}

function parseLiteral(text: string): Ip | undefined {
  if (IPV4.test(text)) return { family: 4, text };
  return isIpv6(text) ? { family: 6, text: normalizeIp(text) } : undefined;
}

function printIpv4(bits: bigint): string {
  return stringifyIp({ number: bits, version: 4 });
}

/** The last 32 bits of an IPv6 address may be written as an IPv4 address. */
function isIpv6(text: string): boolean {
  if (!text.includes(".")) return IPV6.test(text);
  const tail = text.lastIndexOf(":") + 1;
  return IPV4.test(text.slice(tail)) && IPV6.test(`${text.slice(0, tail)}0:0`);
}

/** Parses an address with prefix length; its host bits are kept. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const address = text.slice(0, Math.max(slash, 0));
  const digits = text.slice(slash + 1);
  if (IPV4_CIDR.test(text)) {
    return { family: 4, text: address, prefixLength: Number(digits) };
  }
  const ip = parseLiteral(address);
  if (ip === undefined || !/^\d+$/.test(digits)) return undefined;
  const prefixLength = Number(digits);
  if (prefixLength > getWidth(ip.family)) return undefined;
  return { family: ip.family, text: ip.text, prefixLength };
}

/** Returns the canonical text of an address with prefix length. */
export function canonicalizeCidr(text: string): string | undefined {
  // The grammar of IPv4 allows only canonical text.
  if (IPV4_CIDR.test(text)) return text;
  const cidr = parseCidr(text);
  return cidr && printCidr(cidr);
}

/** Prints an address with its prefix length. */
export function printCidr(cidr: Cidr): string {
  return `${cidr.text}/${cidr.prefixLength}`;
}

const IPV4_MASKS = Array.from(
  { length: 33 },
  (_, prefixLength) =>
    printIpv4(0xffff_ffffn - BigInt(getIpv4BroadcastBits(prefixLength))),
);

/** The IPv4 network mask of a prefix length, in dotted decimal. */
export function printIpv4Mask(prefixLength: number): string {
  return IPV4_MASKS[prefixLength] ?? "";
}

/** The host part of an address; undefined if it is outside the subnet. */
export function getHostBits(subnet: Cidr, ip: Ip): number | bigint | undefined {
  if (subnet.family !== ip.family) return undefined;
  const { number: bits } = toNumber(ip.text);
  const { number: others } = toNumber(subnet.text);
  if (ip.family === 4) {
    return getIpv4HostBits(Number(bits), Number(others), subnet);
  }
  const size = getWidth(6) - subnet.prefixLength;
  return (bits ^ others) >> BigInt(size) === 0n
    ? BigInt.asUintN(size, bits)
    : undefined;
}

/** With numbers, which are much faster than bigints. */
function getIpv4HostBits(
  bits: number,
  others: number,
  { prefixLength }: Cidr,
): number | undefined {
  const size = 2 ** (getWidth(4) - prefixLength);
  return Math.floor(bits / size) === Math.floor(others / size)
    ? bits % size
    : undefined;
}

/** The network of an address: without its host bits. */
export function getNetwork(cidr: Cidr): Cidr {
  const { family, prefixLength } = cidr;
  const { number, version } = toNumber(cidr.text);
  const size = BigInt(getWidth(family) - prefixLength);
  const text = stringifyIp({ number: number >> size << size, version });
  return { family, text, prefixLength };
}

/** The broadcast address of a subnet. */
export function getBroadcast(
  { family, text, prefixLength }: Cidr,
): string | undefined {
  if (family === 6 || prefixLength > 30) return undefined;
  const ones = BigInt(getIpv4BroadcastBits(prefixLength));
  return printIpv4(toNumber(text).number | ones);
}

/** The host bits of an IPv4 subnet's broadcast address. */
export function getIpv4BroadcastBits(prefixLength: number): number {
  return 2 ** (getWidth(4) - prefixLength) - 1;
}

/** The unspecified address of each family. */
export const UNSPECIFIED = { 4: "0.0.0.0", 6: "::" } as const;

/** Whether the kernel and resolvers read an address as "none". */
export function isUnset({ family, text }: Ip): boolean {
  return text === UNSPECIFIED[family] || text === "255.255.255.255";
}

/** Whether a host can have an address: it is not unset, and not multicast. */
export function isHostAddress(ip: Ip): boolean {
  return !isUnset(ip) && !/^(?:2(?:2[4-9]|3\d)\.|ff[\da-f]{2}:)/.test(ip.text);
}

/** Link-local addresses are on every link. */
const LINK_LOCAL: Cidr = { family: 6, text: "fe80::", prefixLength: 10 };

/** Whether an address is link-local: it says nothing without its interface. */
export function isLinkLocal(ip: Ip): boolean {
  return getHostBits(LINK_LOCAL, ip) !== undefined;
}

/** How many bits an address has. */
export function getWidth(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}
