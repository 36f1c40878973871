import { assert, assertEquals } from "@std/assert";
import * as networkmanager from "../../src/formats/networkmanager.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { noConsumers } from "../consumers/consumers.ts";
import { EXPECTED } from "../consumers/kernel.ts";
import { runNetworkManager } from "../consumers/networkmanager.ts";
import { testUnless } from "../integration/sandbox.ts";
import { CASES, FULL } from "./cases.ts";
import { assertRefusedOrHarmless } from "./refusals.ts";

const [PLAIN] = CASES.plain;
const [DUAL_STACK] = CASES.dualStack;
assert(PLAIN && DUAL_STACK);

Deno.test("a NIC has a keyfile of its own, for root alone", () => {
  const { vmIfName: _, ...conf } = PLAIN;
  assertEquals(networkmanager.render([conf]), {
    files: [{
      name: "eth0.nmconnection",
      mode: 0o600,
      text: `[connection]
id=eth0
type=ethernet

[ethernet]
mac-address=02:00:00:00:00:01
mtu=1400

[ipv4]
method=manual
address1=10.0.0.2/24
route1=0.0.0.0/0,10.0.0.1
dns=10.0.0.53;

[ipv6]
method=disabled
`,
    }],
    lost: [],
  });
});

Deno.test("without a MAC the keyfile is for the name, which is not lost then", () => {
  const { vmMacAddr: _, ...conf } = PLAIN;
  const { files: [file], lost } = networkmanager.render([conf]);
  assert(file?.text.includes("\ninterface-name=eth0\n"));
  assertEquals(lost, []);
  assertEquals(
    networkmanager.render([PLAIN]).lost.map(({ field }) => field),
    ["vmIfName"],
  );
});

/** The keyfile from the addresses on. */
function listAddresses(conf: StaticNetworkConf): string {
  const text = networkmanager.render([conf]).files[0]?.text ?? "";
  return text.slice(text.indexOf("[ipv4]"));
}

Deno.test("routes, with what they say, stand in the section of their family", () => {
  assertEquals(
    listAddresses(FULL),
    `[ipv4]
method=manual
address1=10.0.0.2/24
route1=0.0.0.0/0,10.0.0.1
route2=10.1.0.0/16,10.0.0.9
route2_options=mtu=1300,advmss=1260
route3=10.2.0.0/16,10.0.0.9,50
route4=10.3.0.0/16,10.0.0.9
route4_options=table=100
route5=10.4.0.0/16,10.0.0.9
route5_options=scope=200
route6=10.5.0.0/16,192.0.2.1
route6_options=onlink=true
dns=10.0.0.53;10.0.0.54;
dns-search=vm.example.com;example.com;example.org;
dns-options=ndots:2;edns0;

[ipv6]
method=manual
address1=fd00::2/64
addr-gen-mode=eui64
route1=::/0,fd00::1
route2=fd01::/48,fd00::9,50
route2_options=mtu=1300,advmss=1240
dns=fd00::53;
`,
  );
});

Deno.test("a guest of IPv6 alone has its domains there, and no scope of routes", () => {
  const conf = {
    ...PLAIN,
    vmIpConfigs: [
      { address: "fd00::2/64", gateway: "fd00::1" },
      { address: "fd00::3/64", gateway: "fd00::4" },
    ],
    vmRoutes: [
      { dst: "fd01::/48", scope: 253, priority: 7 },
      { dst: "fd02::/48", gw: "fd01::9", table: 0, scope: 0 },
      { dst: "10.1.0.0/16" },
    ],
    vmNameservers: ["10.0.0.53", "fd00::53"],
    vmDomain: "x.example",
    vmResolverOptions: ["ndots:2"],
  };
  assertEquals(
    listAddresses(conf),
    `[ipv4]
method=disabled

[ipv6]
method=manual
address1=fd00::2/64
address2=fd00::3/64
addr-gen-mode=eui64
route1=::/0,fd00::1
route2=fd01::/48,::,7
route3=fd02::/48,fd01::9
route3_options=onlink=true
dns=fd00::53;
dns-search=x.example;
dns-options=ndots:2;
`,
  );
  assertEquals(
    networkmanager.render([conf]).lost.map(({ field, why }) => [field, why]),
    [
      [
        "vmIpConfigs[1].gateway",
        "a guest has one default gateway for IPv6: fd00::1",
      ],
      [
        "vmIfName",
        "NetworkManager finds a device by its MAC, and never renames it",
      ],
      ["vmRoutes[2]", "NetworkManager needs an IPv4 address for it"],
      ["vmNameservers[0]", "NetworkManager needs an IPv4 address for it"],
    ],
  );
});

Deno.test("a route without next hop, but with a metric, names no hop of its family", () => {
  const vmRoutes = [
    { dst: "10.1.0.0/16", scope: 253, priority: 7 },
    { dst: "10.2.0.0/16", scope: 253 },
  ];
  assertEquals(
    listAddresses({ ...PLAIN, vmRoutes }).match(/route[23].*/g),
    [
      "route2=10.1.0.0/16,0.0.0.0,7",
      "route2_options=scope=253",
      "route3=10.2.0.0/16",
      "route3_options=scope=253",
    ],
  );
});

Deno.test("routes and nameservers of a family without addresses are lost", () => {
  const vmRoutes = [{ dst: "fd01::/48" }];
  const vmNameservers = ["fd00::53", "10.0.0.53"];
  const why = "NetworkManager needs an IPv6 address for it";
  assertEquals(
    networkmanager.render([{ ...PLAIN, vmRoutes, vmNameservers }]).lost
      .slice(1).map((loss) => [loss.field, loss.value, loss.why]),
    [
      ["vmRoutes[0]", vmRoutes[0], why],
      ["vmNameservers[0]", "fd00::53", why],
    ],
  );
});

for (const [name, confs] of Object.entries({ ...CASES, full: [FULL] })) {
  testUnless(
    noConsumers,
    `NetworkManager configures ${name} as it should`,
    async () => {
      const { files } = networkmanager.render(confs);
      const { kernel, resolver } = await runNetworkManager(files, confs);
      assertEquals(kernel, EXPECTED[name as keyof typeof EXPECTED]);
      const [{ vmNameservers, vmDomain, ...conf } = PLAIN] = confs;
      const sorted = vmNameservers.toSorted((a, b) =>
        Number(a.includes(":")) - Number(b.includes(":"))
      );
      assertEquals(resolver, [
        ...sorted,
        ...vmDomain ? [vmDomain] : [],
        ...conf.vmSearchDomains,
        ...conf.vmResolverOptions,
      ]);
    },
  );
}

Deno.test("no hostile value gets into a keyfile", () => {
  assertRefusedOrHarmless(
    networkmanager,
    ({ text }) =>
      text.split("\n").every((line) =>
        /^(?:|\[[a-z\d]+\]|[a-z\d_-]+=[\w.:/,;=-]+)$/.test(line)
      ),
  );
});
