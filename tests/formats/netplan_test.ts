import { assert, assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import * as netplan from "../../src/formats/netplan.ts";
import { parseNics } from "../../src/formats/nic.ts";
import { printCidr } from "../../src/ip/address.ts";
import { noConsumers } from "../consumers/consumers.ts";
import { EXPECTED } from "../consumers/kernel.ts";
import { runNetplan } from "../consumers/netplan.ts";
import { testUnless } from "../integration/sandbox.ts";
import { CASES, FULL } from "./cases.ts";
import {
  assertAnyRefusedOr,
  assertRefusedOrHarmless,
  hasHarmlessTexts,
} from "./refusals.ts";

const [PLAIN] = CASES.plain;
assert(PLAIN);

Deno.test("a NIC is matched by its MAC and gets its name", () => {
  assertEquals(netplan.render([PLAIN]), {
    files: [{
      name: "90-vmconf.yaml",
      text: `{
  "network": {
    "version": 2,
    "renderer": "networkd",
    "ethernets": {
      "eth0": {
        "match": {
          "macaddress": "02:00:00:00:00:01"
        },
        "set-name": "eth0",
        "link-local": [],
        "dhcp4": false,
        "dhcp6": false,
        "accept-ra": false,
        "mtu": 1400,
        "addresses": [
          "10.0.0.2/24"
        ],
        "nameservers": {
          "addresses": [
            "10.0.0.53"
          ],
          "search": []
        },
        "routes": [
          {
            "to": "0.0.0.0/0",
            "via": "10.0.0.1"
          }
        ]
      }
    }
  }
}
`,
    }],
    lost: [],
  });
});

for (const [name, confs] of Object.entries(CASES)) {
  testUnless(
    noConsumers,
    `netplan configures ${name} as it should`,
    async () => {
      const { files } = netplan.render(confs);
      const { kernel, complaints } = await runNetplan(files, confs);
      assertEquals(complaints, []);
      assertEquals(kernel, EXPECTED[name as keyof typeof CASES]);
    },
  );
}

testUnless(
  noConsumers,
  "netplan configures all but what is reported as lost",
  async () => {
    const { files, lost } = netplan.render([FULL]);
    const { kernel, resolver, complaints } = await runNetplan(files, [FULL]);
    assertEquals(complaints, []);
    assertEquals(
      kernel,
      EXPECTED.full.map((line) => line.replace(/ advmss \d+| scope 200/, "")),
    );
    assertEquals(lost.map(({ field }) => field), [
      "vmRoutes[1].advmss",
      "vmRoutes[6].advmss",
      "vmResolverOptions",
      "vmRoutes[4].scope",
    ]);
    // netplan sorts servers by their family.
    assertEquals(resolver, [
      "eth0 DNS=10.0.0.53 10.0.0.54 fd00::53",
      "eth0 DOMAINS=vm.example.com example.com example.org",
    ]);
  },
);

testUnless(
  noConsumers,
  "a route without next hop is one on the link",
  async () => {
    const conf = {
      ...PLAIN,
      vmIpConfigs: [{ address: "10.0.0.2/24" }, { address: "fd00::2/64" }],
      vmRoutes: [
        { dst: "10.1.0.0/16" },
        { dst: "10.2.0.0/16", scope: 253 },
        { dst: "fd01::/48" },
      ],
    };
    const { files, lost } = netplan.render([conf]);
    const { kernel, complaints } = await runNetplan(files, [conf]);
    assertEquals(lost, []);
    // netplan wants the scope that networkd then has no use for.
    assertEquals(complaints.map((text) => text.replace(/^.*: /, "")), [
      "Scope= is specified for IPv6 route. It will be ignored.",
    ]);
    assertEquals(kernel.filter((line) => line.includes("route")), [
      "eth0 route 10.1.0.0/16",
      "eth0 route 10.2.0.0/16",
      "eth0 route fd01::/48",
    ]);
  },
);

Deno.test("the scope of the universe without next hop is lost", () => {
  const vmIpConfigs = [{ address: "10.0.0.2/24" }];
  const vmRoutes = [{ dst: "10.1.0.0/16", scope: 0 }];
  const { lost } = netplan.render([{ ...PLAIN, vmIpConfigs, vmRoutes }]);
  assertEquals(lost.map(({ field }) => field), ["vmRoutes[0].scope"]);
});

Deno.test("hostile values are refused with their path, or harmless in what netplan makes of them", () => {
  assertRefusedOrHarmless(netplan, hasHarmlessTexts);
});

Deno.test("a name that means several devices, or none, is refused", () => {
  const vmIfName = "eth*";
  const { code, path } = assertThrows(
    () => netplan.render([{ ...PLAIN, vmIfName }]),
    VmConfError,
  );
  assertEquals([code, path], ["invalid-conf", "conf.vmIfName"]);
});

Deno.test("whatever the configuration, the document is JSON with all its addresses and routes", () => {
  assertAnyRefusedOr(netplan, (text, conf) => {
    const { mtu, addresses, routes } = JSON.parse(text).network.ethernets.eth0;
    assertEquals(mtu, conf.vmMtu);
    assertEquals(
      addresses,
      conf.vmIpConfigs.map(({ address }) => address),
    );
    const written = routes.map(({ to }: { to: string }) => to);
    for (const { dst } of parseNics([conf])[0]?.routes ?? []) {
      assert(written.includes(printCidr(dst)), text);
    }
  });
});
