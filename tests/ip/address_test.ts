import { assertEquals } from "@std/assert";
import * as fc from "../fast_check.ts";
import { isIP } from "node:net";
import {
  getHostBits,
  getIpv4BroadcastBits,
  isHostAddress,
  isUnset,
  parseCidr,
  parseIp,
  printCidr,
  printIpv4Mask,
} from "../../src/ip/address.ts";

function cidr(text: string) {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

function ip(text: string) {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

Deno.test("addresses come back in canonical form", () => {
  const cases: [string, string][] = [
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::10.0.0.2", "::a00:2"],
    ["64:ff9b::10.0.0.2", "64:ff9b::a00:2"],
    ["::ffff:10.0.0.2", "10.0.0.2"],
  ];
  for (const [text, canonical] of cases) {
    assertEquals(ip(text).text, canonical);
    assertEquals(ip(canonical).text, canonical);
  }
});

Deno.test("a text that is no address for Go is none here", () => {
  const texts = [
    "",
    "10.0.0",
    "10.0.0.256",
    "010.0.0.2",
    "10.0.0.02",
    "10.0.0.2 ",
    "0x0a000002",
    "167772162",
    "::g",
    ":::",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "12345::",
    "fe80::1%eth0",
    "::ffff:10.0.0",
    "::10.0.0.256",
    "10.0.0.2::",
    "gw.example",
  ];
  for (const text of texts) assertEquals(parseIp(text), undefined, text);
});

/** Texts that are addresses, or nearly. */
const NEARLY_ADDRESSES = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.string({ unit: fc.constantFrom(..."0125:.af"), maxLength: 20 }),
  fc.array(fc.constantFrom("0", "ffff", "1a", "::", ":", "10.0.0.1", "256")),
).map((text) => typeof text === "string" ? text : text.join(""));

Deno.test("exactly the texts that Node accepts are addresses", () => {
  fc.assert(
    fc.property(NEARLY_ADDRESSES, (text) => {
      assertEquals(parseIp(text) !== undefined, isIP(text) !== 0, text);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("a prefix length is a number within the family's width", () => {
  assertEquals(printCidr(cidr("10.0.0.2/024")), "10.0.0.2/24");
  assertEquals(printCidr(cidr("FD00::2/128")), "fd00::2/128");
  for (
    const text of [
      "10.0.0.2",
      "10.0.0.2/",
      "10.0.0.2/33",
      "10.0.0.2/+24",
      "10.0.0.2/ 24",
      "10.0.0.2/24/8",
      "10.0.0.2/255.255.255.0",
      "fd00::2/129",
      "/24",
    ]
  ) assertEquals(parseCidr(text), undefined, text);
});

Deno.test("an address with prefix length keeps its host bits, and its family", () => {
  assertEquals(printCidr(cidr("10.0.0.2/8")), "10.0.0.2/8");
  assertEquals(cidr("::ffff:10.0.0.2/120").family, 6);
});

Deno.test("a mask has as many ones as the prefix length says", () => {
  assertEquals(
    [0, 1, 8, 20, 31, 32].map(printIpv4Mask),
    [
      "0.0.0.0",
      "128.0.0.0",
      "255.0.0.0",
      "255.255.240.0",
      "255.255.255.254",
      "255.255.255.255",
    ],
  );
});

Deno.test("host bits are those behind the prefix, of addresses in the subnet", () => {
  const cases: [string, string, number | bigint | undefined][] = [
    ["10.0.0.2/24", "10.0.0.255", 255],
    ["10.0.0.2/24", "10.0.1.0", undefined],
    ["10.0.0.2/0", "192.0.2.1", 0xc000_0201],
    ["10.0.0.2/32", "10.0.0.2", 0],
    ["fd00::2/64", "fd00::ffff", 0xffffn],
    ["fd00::2/64", "fd00:0:0:1::1", undefined],
    ["0.0.0.0/0", "::1", undefined],
  ];
  for (const [subnet, address, bits] of cases) {
    assertEquals(getHostBits(cidr(subnet), ip(address)), bits);
  }
});

Deno.test("a broadcast address has all host bits set", () => {
  assertEquals([0, 24, 32].map(getIpv4BroadcastBits), [0xffff_ffff, 255, 0]);
});

Deno.test("a host has no unspecified, broadcast or multicast address", () => {
  const classify = (
    text: string,
  ) => [isUnset(ip(text)), isHostAddress(ip(text))];
  for (const text of ["0.0.0.0", "255.255.255.255", "::", "0::0"]) {
    assertEquals(classify(text), [true, false], text);
  }
  for (const text of ["224.0.0.1", "239.255.255.255", "ff02::1"]) {
    assertEquals(classify(text), [false, false], text);
  }
  for (const text of ["10.0.0.1", "240.0.0.1", "::1", "fe80::1", "ff::1"]) {
    assertEquals(classify(text), [false, true], text);
  }
});
