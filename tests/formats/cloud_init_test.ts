import { assert, assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import * as cloudInit from "../../src/formats/cloud_init.ts";
import { parseNics } from "../../src/formats/nic.ts";
import { printCidr } from "../../src/ip/address.ts";
import {
  readCloudInitLines,
  readSeed,
  runCloudInit,
} from "../consumers/cloud_init.ts";
import { noConsumers } from "../consumers/consumers.ts";
import { EXPECTED } from "../consumers/kernel.ts";
import { testUnless } from "../integration/sandbox.ts";
import { CASES, FULL } from "./cases.ts";
import { HOSTILE } from "./hostile.ts";
import {
  assertAnyRefusedOr,
  assertRefusedOrHarmless,
  hasHarmlessTexts,
} from "./refusals.ts";

const [PLAIN] = CASES.plain;
assert(PLAIN);

Deno.test("a NIC is matched by its MAC, and the default route is its gateway", () => {
  assertEquals(cloudInit.render([PLAIN]), {
    files: [
      {
        name: "network-config",
        text: `{
  "version": 2,
  "ethernets": {
    "eth0": {
      "match": {
        "macaddress": "02:00:00:00:00:01"
      },
      "set-name": "eth0",
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
      "gateway4": "10.0.0.1",
      "routes": []
    }
  }
}
`,
      },
      {
        name: "meta-data",
        text: '{\n  "instance-id": "vmconf-10-0-0-2"\n}\n',
        companion: true,
      },
      { name: "user-data", text: "#cloud-config\n{}\n", companion: true },
    ],
    lost: [],
  });
});

/** The gateways and routes of the first interface. */
function listWays(...confs: Parameters<typeof cloudInit.render>[0]) {
  const { text = "" } = cloudInit.render(confs).files[0] ?? {};
  const { eth0: { gateway4, gateway6, routes } } = JSON.parse(text).ethernets;
  return { gateway4, gateway6, routes };
}

Deno.test("the gateway of each family is its default route, other routes are routes", () => {
  const [dualStack] = CASES.dualStack;
  assert(dualStack);
  const vmRoutes = [
    ...dualStack.vmRoutes,
    { dst: "0.0.0.0/0", gw: "10.0.0.9", table: 100 },
  ];
  assertEquals(listWays({ ...dualStack, vmRoutes }), {
    gateway4: "10.0.0.1",
    gateway6: "fd00::1",
    routes: [
      { to: "10.1.0.0/16", via: "10.0.0.9" },
      { to: "fd01::/48", via: "fd00::9" },
      { to: "0.0.0.0/0", via: "10.0.0.9", table: 100 },
    ],
  });
});

Deno.test("a default route that says more than its gateway stays a route, and the rest is reported", () => {
  const routes = [
    [{ gw: "10.0.0.9", priority: 0 }, { metric: 0 }, ["priority"]],
    [{ gw: "10.0.0.9", mtu: 1300 }, { mtu: 1300 }, ["mtu"]],
    [{ gw: "10.0.0.9", scope: 200 }, {}, ["scope"]],
    [{ gw: "192.0.2.1" }, { "on-link": true }, ["gw"]],
    [{ scope: 253 }, { scope: "link" }, [""]],
  ] as const;
  for (const [given, written, lost] of routes) {
    const dst = "0.0.0.0/0";
    const conf = { ...PLAIN, vmRoutes: [{ dst, ...given }] };
    const via = "gw" in given ? { via: given.gw } : {};
    assertEquals(listWays(conf), {
      gateway4: undefined,
      gateway6: undefined,
      routes: [{ to: dst, ...via, ...written }],
    });
    assertEquals(
      cloudInit.render([conf]).lost.map(({ field, value }) => [field, value]),
      lost.map((member) => {
        const field = member === "" ? "vmRoutes[0]" : `vmRoutes[0].${member}`;
        const [whole] = conf.vmRoutes;
        return [field, member === "" ? whole : Reflect.get(given, member)];
      }),
    );
  }
  const plain = { dst: "0.0.0.0/0", gw: "10.0.0.9", scope: 0, table: 254 };
  assertEquals(listWays({ ...PLAIN, vmRoutes: [plain] }).gateway4, "10.0.0.9");
});

Deno.test("what cloud-init gives to netplan only is reported, with its value", () => {
  assertEquals(
    cloudInit.render([FULL]).lost.map(({ field, value }) => [field, value]),
    [
      ["vmRoutes[1].advmss", 1260],
      ["vmRoutes[6].advmss", 1240],
      ["vmResolverOptions", FULL.vmResolverOptions],
      ["vmRoutes[4].scope", 200],
      ["vmRoutes[1].mtu", 1300],
      ["vmRoutes[2].priority", 50],
      ["vmRoutes[3].table", 100],
      ["vmRoutes[5].gw", "192.0.2.1"],
      ["vmRoutes[6].priority", 50],
      ["vmRoutes[6].mtu", 1300],
    ],
  );
  const [first, second] = CASES.twoNics;
  assert(first && second);
  assertEquals(
    cloudInit.render([first, second]).lost
      .map(({ field, value, why }) => [field, value, why]),
    [[
      "confs[1].vmIpConfigs[0].gateway",
      "172.16.0.1",
      "cloud-init renders a metric for netplan only",
    ]],
  );
  // The metric is the second interface's own, and stands nowhere in the route.
  const vmRoutes = [{ dst: "0.0.0.0/0", gw: "172.16.0.9" }];
  assertEquals(
    cloudInit.render([first, { ...second, vmRoutes }]).lost
      .map(({ field, value }) => [field, value]),
    [["confs[1].vmRoutes[0]", vmRoutes[0]]],
  );
});

for (const [name, confs] of Object.entries(CASES)) {
  testUnless(
    noConsumers,
    `cloud-init with netplan configures ${name} as it should`,
    async () => {
      const { files } = cloudInit.render(confs);
      const { kernel, complaints } = await runCloudInit(
        "netplan",
        files,
        confs,
      );
      assertEquals(complaints, []);
      assertEquals(kernel, EXPECTED[name as keyof typeof CASES]);
    },
  );
}

testUnless(
  noConsumers,
  "cloud-init with netplan configures what it gives to netplan only",
  async () => {
    const { files, lost } = cloudInit.render([FULL]);
    const { kernel } = await runCloudInit("netplan", files, [FULL]);
    assertEquals(
      kernel,
      EXPECTED.full.map((line) => line.replace(/ advmss \d+| scope 200/, "")),
    );
    assertEquals(
      lost.map(({ field, why }) => `${field}: ${why}`),
      [
        "vmRoutes[1].advmss: cloud-init does not support it",
        "vmRoutes[6].advmss: cloud-init does not support it",
        "vmResolverOptions: cloud-init does not support it",
        "vmRoutes[4].scope: netplan knows the scopes 0, 253 and 254, and 0 only with a next hop",
        "vmRoutes[1].mtu: cloud-init renders an mtu for netplan only",
        "vmRoutes[2].priority: cloud-init renders a metric for netplan only",
        "vmRoutes[3].table: cloud-init renders a table for netplan only",
        "vmRoutes[5].gw: cloud-init renders an on-link next hop for netplan only",
        "vmRoutes[6].priority: cloud-init renders a metric for netplan only",
        "vmRoutes[6].mtu: cloud-init renders an mtu for netplan only",
      ],
    );
  },
);

for (const name of ["plain", "dualStack"] as const) {
  testUnless(
    noConsumers,
    `cloud-init with networkd configures ${name} as it should`,
    async () => {
      const { files, lost } = cloudInit.render(CASES[name]);
      const { kernel, complaints } = await runCloudInit(
        "networkd",
        files,
        CASES[name],
      );
      assertEquals([complaints, lost], [[], []]);
      assertEquals(kernel, EXPECTED[name]);
    },
  );
}

testUnless(
  noConsumers,
  "cloud-init with networkd loses the metric that is reported as lost",
  async () => {
    const { files, lost } = cloudInit.render(CASES.twoNics);
    const { kernel } = await runCloudInit("networkd", files, CASES.twoNics);
    assertEquals(
      kernel,
      EXPECTED.twoNics.map((line) => line.replace(" metric 1025", "")),
    );
    assertEquals(lost, [{
      field: "confs[1].vmIpConfigs[0].gateway",
      value: "172.16.0.1",
      why: "cloud-init renders a metric for netplan only",
      instead: lost[0]?.instead ?? [],
    }]);
  },
);

testUnless(
  noConsumers,
  "cloud-init with networkd loses an on-link gateway, as is reported",
  async () => {
    const { files, lost } = cloudInit.render(CASES.onLink);
    assertEquals(lost.map(({ why }) => why), [
      "cloud-init renders an on-link next hop for netplan only",
    ]);
    const lines = await readCloudInitLines("networkd", files, CASES.onLink);
    assert(lines.includes("Gateway=169.254.1.1"));
    assert(!lines.some((line) => line.startsWith("GatewayOnLink")));
  },
);

/** Lines of which each stands in what is rendered, for each NIC in turn. */
const LINES = {
  eni: {
    plain: ["address 10.0.0.2/24", "gateway 10.0.0.1", "mtu 1400"],
    dualStack: [
      "address 10.0.0.2/24",
      "gateway 10.0.0.1",
      "mtu 1400",
      "post-up route add -net 10.1.0.0/16 gw 10.0.0.9 || true",
      "post-up route add -A inet6 fd01::/48 gw fd00::9 || true",
      "address fd00::2/64",
      "gateway fd00::1",
    ],
    onLink: [
      "address 10.0.0.2/32",
      "mtu 1400",
      "post-up route add default gw 169.254.1.1 || true",
    ],
    twoNics: [
      "address 10.0.0.2/24",
      "gateway 10.0.0.1",
      "mtu 1400",
      "address 172.16.0.2/20",
      "mtu 9000",
      "post-up route add default gw 172.16.0.1 || true",
      "post-up route add -net 192.168.0.0/16 gw 172.16.0.1 || true",
    ],
  },
  "network-manager": {
    plain: ["mtu=1400", "address1=10.0.0.2/24", "gateway=10.0.0.1"],
    dualStack: [
      "mtu=1400",
      "address1=10.0.0.2/24",
      "gateway=10.0.0.1",
      "route1=10.1.0.0/16,10.0.0.9",
      // Among the routes of IPv4: a fault of cloud-init 22.4.
      "route2=fd01::/48,fd00::9",
      "address1=fd00::2/64",
      "gateway=fd00::1",
    ],
    onLink: [
      "mtu=1400",
      "address1=10.0.0.2/32",
      "route1=0.0.0.0/0,169.254.1.1",
    ],
    twoNics: [
      "mtu=1400",
      "address1=10.0.0.2/24",
      "gateway=10.0.0.1",
      "mtu=9000",
      "address1=172.16.0.2/20",
      "route1=0.0.0.0/0,172.16.0.1",
      "route2=192.168.0.0/16,172.16.0.1",
    ],
  },
} as const;

for (const renderer of ["eni", "network-manager"] as const) {
  for (const [name, confs] of Object.entries(CASES)) {
    testUnless(
      noConsumers,
      `cloud-init renders ${name} for ${renderer}`,
      async () => {
        const { files } = cloudInit.render(confs);
        const lines = await readCloudInitLines(renderer, files, confs);
        assertEquals(
          lines.filter((line) =>
            /^(?:mtu|address|gateway|route\d|post-up)/.test(line)
          ),
          [...LINES[renderer][name as keyof typeof CASES]],
        );
      },
    );
  }
}

testUnless(
  noConsumers,
  "cloud-init finds the folder as a seed",
  async () => {
    const options = { hostname: "vm-1.example.com", instanceId: "i-1" };
    const { files } = cloudInit.render([FULL], options);
    assertEquals(await readSeed(files), {
      found: true,
      instanceId: "i-1",
      hostname: "vm-1.example.com",
      userData: "#cloud-config\n{}\n",
      network: JSON.parse(files[0]?.text ?? ""),
    });
  },
);

Deno.test("hostile values are refused with their path, or harmless in what renderers make of them", () => {
  assertRefusedOrHarmless(cloudInit, hasHarmlessTexts);
});

Deno.test("hostile options are refused with their path", () => {
  /** Texts that are no harm in a name, though they mean something elsewhere. */
  const harmless = {
    hostname: ["no", "null", "1e3", "0x10", "abcdefghijklmnop"],
    instanceId: ["no", "null", "1e3", "0x10", "abcdefghijklmnop", "a:b"]
      .concat(":", "-", "--", "-a", "--help", "52:54:00:12:34:56"),
  };
  for (const option of ["hostname", "instanceId"] as const) {
    for (const value of HOSTILE) {
      if (harmless[option].includes(value)) {
        const { files } = cloudInit.render([PLAIN], { [option]: value });
        const found = Object.values(JSON.parse(files[1]?.text ?? ""));
        assert(found.includes(value), value);
        continue;
      }
      const { code, path } = assertThrows(
        () => cloudInit.render([PLAIN], { [option]: value }),
        VmConfError,
      );
      assertEquals([code, path], ["invalid-option", `options.${option}`]);
    }
  }
});

Deno.test("whatever the configuration, the document is JSON with all its addresses and routes", () => {
  assertAnyRefusedOr(cloudInit, (text, conf) => {
    const { mtu, addresses, routes } = JSON.parse(text).ethernets.eth0;
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
