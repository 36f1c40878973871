/** Random configurations of VMs, every one of them in order. */
import * as fc from "../fast_check.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";

const device = fc.stringMatching(/^[!-$&-.0-9;-~]{1,11}$/)
  .filter((name) => !/^\.{1,2}$/.test(name));
/** Without 253 and 254, which are the gateways. */
const byte = fc.integer({ min: 1, max: 252 });
const prefix = fc.integer({ min: 8, max: 32 });

/** The network of one NIC, of a second byte that no other one has. */
function conf(index: number): fc.Arbitrary<StaticNetworkConf> {
  return fc.record({
    tapName: device.map((name) => `${name}${index}`),
    vmIfName: fc.option(device.map((name) => `${name}${index}`), {
      nil: undefined,
    }),
    vmMacAddr: byte.map((last) =>
      `02:00:00:00:0${index}:${last.toString(16).padStart(2, "0")}`
    ),
    vmMtu: fc.integer({ min: 1280, max: 65535 }),
    ipv4: fc.tuple(byte, prefix, fc.boolean(), fc.boolean()),
    ipv6: fc.option(fc.tuple(byte, fc.boolean()), { nil: undefined }),
    vmRoutes: fc.array(
      fc.record({
        dst: byte.map((third) => `172.16.${third}.0/24`),
        gw: fc.option(fc.constant(`10.${index}.0.253`), { nil: undefined }),
        priority: fc.option(fc.nat(9), { nil: undefined }),
        table: fc.option(fc.nat(999), { nil: undefined }),
        mtu: fc.option(fc.integer({ min: 1280, max: 9000 }), {
          nil: undefined,
        }),
      }),
      { maxLength: 3 },
    ),
    vmNameservers: fc.array(byte.map((last) => `192.0.2.${last}`), {
      maxLength: 3,
    }),
    vmSearchDomains: fc.array(fc.domain(), { maxLength: 2 }),
  }).map(({ ipv4, ipv6, ...rest }) => {
    const [host, length, hasGateway, isNear] = ipv4;
    const gateway = isNear ? `10.${index}.0.254` : "169.254.1.1";
    const vmIpConfigs = [{
      address: `10.${index}.0.${host}/${length}`,
      ...(hasGateway && { gateway }),
    }];
    if (ipv6 !== undefined) {
      const gateway = ipv6[1] ? { gateway: `fd00:${index}::ff` } : {};
      vmIpConfigs.push({ address: `fd00:${index}::${ipv6[0]}/64`, ...gateway });
    }
    return JSON.parse(JSON.stringify({
      ...rest,
      netNSPath: "/run/netns/a",
      vmIpConfigs,
      vmResolverOptions: [],
    }));
  });
}

/** One to three NICs of a VM, in one namespace. */
export const validConfs: fc.Arbitrary<StaticNetworkConf[]> = fc.integer({
  min: 1,
  max: 3,
}).chain((count) =>
  fc.tuple(...Array.from({ length: count }, (_, index) => conf(index)))
);
