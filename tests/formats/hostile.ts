/**
 * Values that mean something to some reader: a shell, a unit file, YAML, a
 * kernel command line, a VMM's arguments.
 */
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { FULL } from "./cases.ts";

/** Hostile texts; most are short enough for the name of a device. */
export const HOSTILE: readonly string[] = [
  "",
  " ",
  "a b",
  " a",
  "a ",
  "a\tb",
  "a\nb",
  "a\n[Route]\nGateway=6.6.6.6",
  "a\rb",
  "a\0b",
  "a\x1b[2J",
  "a\x7f",
  "a\u0085b",
  "a\u2028b",
  "a\u00a0b",
  "\ud800",
  "é",
  '"',
  'a"b',
  "'",
  "a'b",
  "''",
  "`id`",
  "$(id)",
  "$HOME",
  "${IFS}",
  "a;id",
  "a&id",
  "a|id",
  "a>b",
  "a<b",
  "#a",
  "a#b",
  "a #b",
  "!a",
  "~",
  "~root",
  "a\\",
  "a\\nb",
  "\\x41",
  "%",
  "%n",
  "%i",
  "a%%b",
  "%41",
  "*",
  "a*",
  "?",
  "[a]",
  "[",
  "{a,b}",
  "{",
  "a,b",
  "a,x=1",
  ",",
  "a,,b",
  "a=b",
  "=",
  ":",
  "a:b",
  "a: b",
  "- a",
  "-",
  "--",
  "-a",
  "--help",
  " -- ",
  ".",
  "..",
  "../a",
  "/",
  "/etc/passwd",
  "no",
  "null",
  "~null",
  "1e3",
  "0x10",
  "52:54:00:12:34:56",
  "&a",
  "*a",
  "!!int",
  "|",
  "@a",
  "fe80::1%eth0",
  "abcdefghijklmnop",
  "a".repeat(300),
];

/** A configuration with a hostile value in one of its members. */
export interface HostileConf {
  /** The member's path in the configuration, such as `vmRoutes[0].dst`. */
  readonly field: string;
  /** The value that the member has. */
  readonly value: string;
  readonly conf: StaticNetworkConf;
}

type Put = (value: string) => Partial<StaticNetworkConf>;

/** Each member that is a text, what may stand before a hostile end, and how to set it. */
const MEMBERS: readonly (readonly [field: string, good: string, put: Put])[] = [
  ["tapName", "tap0", (tapName) => ({ tapName })],
  ["netNSPath", "/run/netns/a", (netNSPath) => ({ netNSPath })],
  ["vmIfName", "eth0", (vmIfName) => ({ vmIfName })],
  ["vmMacAddr", "02:00:00:00:00:01", (vmMacAddr) => ({ vmMacAddr })],
  ["vmIpConfigs[0].address", "10.0.0.2/24", (address) => ({
    vmIpConfigs: [{ address, gateway: "10.0.0.1" }],
  })],
  ["vmIpConfigs[0].gateway", "10.0.0.1", (gateway) => ({
    vmIpConfigs: [{ address: "10.0.0.2/24", gateway }],
  })],
  ["vmRoutes[0].dst", "10.1.0.0/16", (dst) => ({
    vmRoutes: [{ dst, gw: "10.0.0.1" }],
  })],
  ["vmRoutes[0].gw", "10.0.0.1", (gw) => ({
    vmRoutes: [{ dst: "10.1.0.0/16", gw }],
  })],
  ["vmNameservers[0]", "10.0.0.53", (text) => ({ vmNameservers: [text] })],
  ["vmDomain", "example.com", (vmDomain) => ({ vmDomain })],
  [
    "vmSearchDomains[0]",
    "example.com",
    (text) => ({ vmSearchDomains: [text] }),
  ],
  ["vmResolverOptions[0]", "ndots:2", (text) => ({
    vmResolverOptions: [text],
  })],
];

/**
 * Every hostile value in every member that is a text: alone, and behind a value
 * that would be good there.
 *
 * @returns Configurations that are whole but for that one member.
 */
export function makeHostileConfs(): HostileConf[] {
  return MEMBERS.flatMap(([field, good, put]) =>
    HOSTILE.flatMap((text) => [text, good + text])
      .filter((value) => value !== good)
      .map((value) => ({ field, value, conf: { ...FULL, ...put(value) } }))
  );
}
