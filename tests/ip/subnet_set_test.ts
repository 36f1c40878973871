import { assertEquals } from "@std/assert";
import * as fc from "../fast_check.ts";
import {
  type Cidr,
  getBroadcast,
  getHostBits,
  getIpv4BroadcastBits,
  type Ip,
  parseCidr,
  parseIp,
} from "../../src/ip/address.ts";
import { makeSubnetSet } from "../../src/ip/subnet_set.ts";

/** Few, so that an address is in a subnet now and then. */
const ip = fc.oneof(
  fc.tuple(fc.constantFrom(10, 11, 192), fc.nat(3), fc.nat(3), fc.nat(255))
    .map((bytes) => parseIp(bytes.join("."))),
  fc.tuple(fc.constantFrom("fd00", "fd01", "fe80"), fc.nat(3), fc.nat(3))
    .map(([first, ...rest]) => parseIp(`${first}::${rest.join(":")}`)),
).filter((ip) => ip !== undefined);

const subnet: fc.Arbitrary<Cidr> = fc.tuple(ip, fc.nat(128)).map((
  [ip, prefixLength],
) => ({ ...ip, prefixLength: prefixLength % (ip.family === 4 ? 33 : 129) }));

Deno.test("an address is in the set if and only if it is in one of the subnets", () => {
  fc.assert(fc.property(fc.array(subnet, { maxLength: 5 }), ip, (all, one) => {
    assertEquals(
      makeSubnetSet(all).has(one),
      all.some((subnet) => getHostBits(subnet, one) !== undefined),
    );
  }));
});

Deno.test("an address is the broadcast address of a subnet if all of its host bits are set", () => {
  const hasAllSet = (ip: Ip, subnet: Cidr) =>
    getHostBits(subnet, ip) === getIpv4BroadcastBits(subnet.prefixLength);
  fc.assert(fc.property(ip, subnet, (ip, subnet) => {
    const broadcast = getBroadcast(subnet);
    if (subnet.family === 6 || subnet.prefixLength > 30) {
      return assertEquals(broadcast, undefined);
    }
    assertEquals(ip.text === broadcast, hasAllSet(ip, subnet));
    const found = parseCidr(`${broadcast}/${subnet.prefixLength}`);
    assertEquals(found && hasAllSet(found, subnet), true);
  }));
});
