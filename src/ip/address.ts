/**
 * IPv4 and IPv6 addresses: parse, print, prefix length ↔ mask, contains.
 *
 * zod's grammars say what an address is (no leading zeros, no zone, no short
 * forms), `ip-bigint` turns it into a number and into the text of RFC 5952.
 */
import { parseIp as toNumber, stringifyIp } from "ip-bigint";
import * as z from "zod/mini";

/** An IP address. */
export interface Ip {
  /** 4 or 6. */
  readonly family: 4 | 6;
  /** The canonical text: RFC 5952 for IPv6. */
  readonly text: string;
  /** The address as a number of 32 or 128 bits. */
  readonly bits: bigint;
}

/** An address of a host together with the prefix length of its subnet. */
export interface Cidr extends Ip {
  /** The prefix length: 0 to 32, or 0 to 128. */
  readonly prefixLength: number;
}

const { ipv4, ipv6 } = z.core.regexes;

const MAPPED_PREFIX = 0xffffn;

/**
 * Parses an IPv4 or IPv6 address.
 *
 * @param text The address, such as `10.0.0.1` or `fd00::1`; one that is mapped
 * into IPv6, such as `::ffff:10.0.0.1`, is the IPv4 address, as in Go.
 * @returns The address, or `undefined` if the text is none.
 */
export function parseIp(text: string): Ip | undefined {
  const ip = parseLiteral(text);
  if (ip?.family !== 6 || ip.bits >> 32n !== MAPPED_PREFIX) return ip;
  const bits = BigInt.asUintN(32, ip.bits);
  return { family: 4, text: stringifyIp({ number: bits, version: 4 }), bits };
}

function parseLiteral(text: string): Ip | undefined {
  if (ipv4.test(text)) return { family: 4, text, bits: toNumber(text).number };
  if (!isIpv6(text)) return undefined;
  const parsed = toNumber(text);
  return { family: 6, text: stringifyIp(parsed), bits: parsed.number };
}

/** The last 32 bits of an IPv6 address may be written as an IPv4 address. */
function isIpv6(text: string): boolean {
  if (ipv6.test(text)) return true;
  const tail = text.lastIndexOf(":") + 1;
  return ipv4.test(text.slice(tail)) && ipv6.test(`${text.slice(0, tail)}0:0`);
}

/**
 * Parses an address with prefix length; its host bits are kept.
 *
 * @param text The address, such as `10.0.0.2/24` or `fd00::2/64`.
 * @returns The address, or `undefined` if the text is none.
 */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const ip = slash < 0 ? undefined : parseLiteral(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (ip === undefined || !/^\d+$/.test(digits)) return undefined;
  const prefixLength = Number(digits);
  if (prefixLength > width(ip.family)) return undefined;
  return { family: ip.family, text: ip.text, bits: ip.bits, prefixLength };
}

/**
 * Prints an address with its prefix length.
 *
 * @param cidr The address.
 * @returns Its canonical text, such as `10.0.0.2/24`.
 */
export function printCidr(cidr: Cidr): string {
  return `${cidr.text}/${cidr.prefixLength}`;
}

/**
 * The IPv4 network mask of a prefix length, in dotted decimal.
 *
 * @param prefixLength 0 to 32.
 * @returns The mask, such as `255.255.255.0`.
 */
export function ipv4Mask(prefixLength: number): string {
  const mask = (0xffff_ffffn << BigInt(32 - prefixLength)) & 0xffff_ffffn;
  return stringifyIp({ number: mask, version: 4 });
}

/**
 * Tells whether an address lies in the subnet of another.
 *
 * @param subnet Any address of the subnet, with its prefix length.
 * @param ip The address to look for.
 * @returns Whether both are of one family and share the prefix.
 */
export function contains(subnet: Cidr, ip: Ip): boolean {
  if (subnet.family !== ip.family) return false;
  const hostBits = BigInt(width(subnet.family) - subnet.prefixLength);
  return subnet.bits >> hostBits === ip.bits >> hostBits;
}

/**
 * The last address of a subnet: in IPv4, its broadcast address.
 *
 * @param subnet Any address of the subnet, with its prefix length.
 * @returns The number of the last address.
 */
export function lastAddress(subnet: Cidr): bigint {
  const hostBits = BigInt(width(subnet.family) - subnet.prefixLength);
  return subnet.bits | ((1n << hostBits) - 1n);
}

function width(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}
