/** Random addresses, configurations, CNI results, and text that is nearly one. */
import * as fc from "../fast_check.ts";
import { canonicalizeCidr, parseIp } from "../../src/ip/address.ts";
import type { StaticNetworkConf } from "../../mod.ts";

/** Wraps a member that may be absent. */
function optional<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined });
}

/** Leaves out the members that are undefined, as JSON does. */
function defined<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

export const ip: fc.Arbitrary<string> = fc.oneof(fc.ipV4(), fc.ipV6())
  .map((text) => parseIp(text)?.text)
  .filter((text) => text !== undefined);

function cidrOf(
  address: fc.Arbitrary<string>,
  width: number,
): fc.Arbitrary<string> {
  return fc.tuple(address, fc.integer({ min: 0, max: width }))
    .map(([text, prefixLength]) => canonicalizeCidr(`${text}/${prefixLength}`))
    .filter((text) => text !== undefined);
}

export const cidr4: fc.Arbitrary<string> = cidrOf(fc.ipV4(), 32);
export const cidr: fc.Arbitrary<string> = fc.oneof(
  cidr4,
  cidrOf(fc.ipV6(), 128),
);

export const mac: fc.Arbitrary<string> = fc.array(
  fc.integer({ min: 0, max: 255 }),
  { minLength: 6, maxLength: 6 },
).map((bytes) =>
  bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":")
);

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const positive = fc.integer({ min: 1, max: 2 ** 32 - 1 });

export const route = fc.record({
  dst: cidr,
  gw: optional(ip),
  mtu: optional(positive),
  advmss: optional(positive),
  priority: optional(positive),
  table: optional(fc.nat()),
  scope: optional(fc.integer({ min: 0, max: 255 })),
}).map(defined);

export const dns = fc.record({
  nameservers: fc.array(fc.oneof(ip, text), { maxLength: 4 }),
  domain: optional(text.filter((domain) => domain !== "")),
  search: fc.array(text, { maxLength: 4 }),
  options: fc.array(text, { maxLength: 4 }),
}).map(defined);

const name = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z]{1,8}\d{0,3}$/) },
  text,
);

/** Configurations, most of them hostile somewhere. */
export const conf: fc.Arbitrary<StaticNetworkConf> = fc.record({
  tapName: text,
  netNSPath: text,
  vmIfName: optional(name),
  vmMacAddr: optional(mac),
  vmMtu: fc.integer({ min: 68, max: 65535 }),
  vmIpConfigs: fc.array(
    fc.record({ address: cidr, gateway: optional(ip) }).map(defined),
    { minLength: 1, maxLength: 3 },
  ),
  vmRoutes: fc.array(route, { maxLength: 3 }),
  vmNameservers: fc.array(fc.oneof({ weight: 4, arbitrary: ip }, text), {
    maxLength: 4,
  }),
  vmDomain: optional(text),
  vmSearchDomains: fc.array(text, { maxLength: 3 }),
  vmResolverOptions: fc.array(text, { maxLength: 3 }),
}).map(defined);

/** Names of guests' network interfaces; no format takes the loopback device. */
export const guestIfName: fc.Arbitrary<string> = fc
  .stringMatching(/^[a-z]{1,8}\d{0,3}$/)
  .filter((name) => name !== "lo");

/** Configurations that `ip=` can carry: one IPv4 address, gateway beside it. */
export const bootableConf: fc.Arbitrary<StaticNetworkConf> = fc.record({
  base: conf,
  host: fc.integer({ min: 1, max: 223 }),
  prefixLength: fc.integer({ min: 8, max: 30 }),
  gateway: fc.boolean(),
  vmIfName: optional(guestIfName),
  vmNameservers: fc.array(
    ip.filter((text) => !["0.0.0.0", "255.255.255.255", "::"].includes(text)),
    { maxLength: 4 },
  ),
}).map(({ base, host, prefixLength, gateway, vmIfName, vmNameservers }) =>
  defined({
    ...base,
    vmIfName,
    vmNameservers,
    vmIpConfigs: [{
      address: `${host}.0.0.2/${prefixLength}`,
      gateway: gateway ? `${host}.0.0.1` : undefined,
    }],
  })
);

const device = fc.record({
  name: text,
  mac: optional(mac),
  sandbox: optional(text.filter((sandbox) => sandbox !== "")),
}).map(defined);

/** What a result says, whatever version it is printed in. */
export const middleResult = fc.record({
  interfaces: fc.array(device, { maxLength: 4 }),
  ips: fc.array(
    fc.record({
      interface: optional(fc.nat(9)),
      address: cidr,
      gateway: optional(ip),
    }).map(defined),
    { maxLength: 4 },
  ),
  routes: fc.array(route, { maxLength: 4 }),
  dns,
});

const legacyConfig = optional(
  fc.record({
    ip: cidr,
    gateway: optional(ip),
    routes: fc.array(route, { maxLength: 3 }),
  }).map(defined),
);

export const legacyResult = fc.record({
  ip4: legacyConfig,
  ip6: legacyConfig,
  dns,
}).map(defined);

/** JSON that has a result's members with values of any kind. */
const nearlyResult = fc.record({
  cniVersion: fc.constantFrom("0.2.0", "0.4.0", "1.0.0", "1.1.0", "", 1, null),
  interfaces: fc.oneof(
    fc.jsonValue(),
    fc.array(fc.oneof(device, fc.jsonValue())),
  ),
  ips: fc.oneof(
    fc.jsonValue(),
    fc.array(
      fc.record({
        interface: fc.jsonValue(),
        address: fc.oneof(cidr, fc.jsonValue()),
      }),
    ),
  ),
  routes: fc.oneof(fc.jsonValue(), fc.array(fc.oneof(route, fc.jsonValue()))),
  dns: fc.oneof(dns, fc.jsonValue()),
}, { requiredKeys: [] });

/** Text that was a result until something happened to it. */
export const mutatedText: fc.Arbitrary<string> = fc.tuple(
  fc.oneof(nearlyResult, middleResult, fc.jsonValue()),
  fc.array(
    fc.tuple(fc.nat(), fc.nat(3), fc.string({ unit: "binary", maxLength: 3 })),
    {
      maxLength: 4,
    },
  ),
).map(([value, mutations]) =>
  mutations.reduce((text, [position, length, replacement]) => {
    const start = position % (text.length + 1);
    return text.slice(0, start) + replacement + text.slice(start + length);
  }, JSON.stringify(value))
);

export const anyText: fc.Arbitrary<string> = fc.oneof(
  mutatedText,
  fc.string({ unit: "binary" }),
  fc.json(),
);
