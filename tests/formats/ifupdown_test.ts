import { assert, assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import * as ifupdown from "../../src/formats/ifupdown.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { noConsumers } from "../consumers/consumers.ts";
import { runIfup } from "../consumers/ifupdown.ts";
import { EXPECTED } from "../consumers/kernel.ts";
import { testUnless } from "../integration/sandbox.ts";
import { CASES, FULL } from "./cases.ts";
import { HOSTILE } from "./hostile.ts";
import { predictState, removeOnLink } from "./kernel_state.ts";
import { assertRefusedOrHarmless } from "./refusals.ts";

function readBack(confs: readonly StaticNetworkConf[]) {
  return runIfup(ifupdown.render(confs).files, confs);
}

Deno.test("each address has a stanza, and each device is set up at boot", () => {
  const { files, lost } = ifupdown.render(CASES.dualStack);
  assertEquals(files, [{
    name: "interfaces",
    text: `auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
    address 10.0.0.2/24
    hwaddress 02:00:00:00:00:01
    mtu 1400
    gateway 10.0.0.1
    dns-nameservers 10.0.0.53 fd00::53
iface eth0 inet6 static
    address fd00::2/64
    accept_ra 0
    dad-attempts 0
    gateway fd00::1
    up ip route replace 10.1.0.0/16 via 10.0.0.9 dev eth0
    up ip route replace fd01::/48 via fd00::9 dev eth0
`,
  }]);
  assertEquals(lost.map(({ field }) => field), ["vmNameservers"]);
});

Deno.test("a loss says that DNS needs another program; resolver options are lost", () => {
  assertEquals(ifupdown.render([FULL]).lost.map(({ field }) => field), [
    "vmResolverOptions",
    "vmNameservers",
    "vmDomain",
    "vmSearchDomains",
  ]);
});

/** ifupdown says of every gateway that it is on the link. */
for (const [name, expected] of Object.entries(EXPECTED)) {
  testUnless(noConsumers, `ifup makes ${name}, and again`, async () => {
    const confs = { ...CASES, full: [FULL] }[name] ?? [];
    const { kernel } = await readBack(confs);
    assertEquals(removeOnLink(kernel), removeOnLink(expected));
  });
}

testUnless(
  noConsumers,
  "hooks of ifup get nameservers and domains",
  async () => {
    assertEquals((await readBack([FULL])).resolver, [
      "eth0: 10.0.0.53 fd00::53 10.0.0.54; vm.example.com example.com example.org",
    ]);
  },
);

/** What a gateway's line cannot say, what needs several addresses, and so on. */
const SITUATIONS: Readonly<Record<string, Partial<StaticNetworkConf>>> = {
  "IPv6 alone": {
    vmIpConfigs: [{ address: "fd00::2/64", gateway: "fd00::1" }],
  },
  "several addresses of a family, and routes by the last": {
    vmIpConfigs: [
      { address: "fd00::2/64" },
      { address: "10.0.0.2/24" },
      { address: "10.8.0.2/24", gateway: "10.8.0.1" },
      { address: "fd08::2/64", gateway: "fd08::1" },
    ],
  },
  "a default route with attributes": {
    vmRoutes: [
      { dst: "0.0.0.0/0", gw: "10.0.0.1", mtu: 1300 },
      { dst: "0.0.0.0/0", gw: "10.0.0.9", priority: 7 },
      { dst: "::/0", gw: "fd00::1", table: 7 },
    ],
  },
  "a route of a family without address": {
    vmIpConfigs: [{ address: "10.0.0.2/24" }],
    vmRoutes: [{ dst: "fd01::/48" }],
  },
  "a route in place of the kernel's own": {
    vmRoutes: [{ dst: "10.0.0.0/24", gw: "10.0.0.9" }, {
      dst: "10.9.0.0/16",
      gw: "10.0.0.9",
    }],
  },
};

for (const [name, situation] of Object.entries(SITUATIONS)) {
  testUnless(noConsumers, `ifup makes ${name}`, async () => {
    const confs = CASES.dualStack.map((conf) => ({
      ...conf,
      vmRoutes: [],
      ...situation,
    }));
    const { kernel } = await readBack(confs);
    assertEquals(removeOnLink(kernel), removeOnLink(predictState(confs)));
  });
}

Deno.test("a name that ifupdown or its shell would not take for one is refused", () => {
  for (
    const vmIfName of ["eth0.5", "a=b", "$(id)", "a;id", "eth*", "a\\", "#a"]
  ) {
    const error = assertThrows(
      () => ifupdown.render([{ ...FULL, vmIfName }]),
      VmConfError,
    );
    assertEquals([error.code, error.path], ["invalid-conf", "conf.vmIfName"]);
  }
});

Deno.test("a hostile value is refused with its path, or means nothing to a shell", () => {
  assertRefusedOrHarmless(
    ifupdown,
    ({ text }) =>
      text.split("\n").every((line) =>
        /^$|^(?: {4})?(?:(?:auto|iface|address|hwaddress|mtu|gateway|dns-\w+|accept_ra|dad-attempts|up ip route replace)(?: [\w.:/+%-]+)+)$/
          .test(line)
      ),
  );
});

testUnless(
  noConsumers,
  "ifup finds every device that is not refused by its very name",
  async () => {
    const confs = HOSTILE.flatMap((text) => [text, `eth${text}`])
      .flatMap((vmIfName, index): StaticNetworkConf[] => {
        const conf = {
          ...FULL,
          tapName: `tap${index}`,
          vmIfName,
          vmMacAddr: `02:00:00:00:01:${index.toString(16).padStart(2, "0")}`,
          vmIpConfigs: [{ address: `10.${index}.0.2/24` }],
          vmRoutes: [{ dst: `172.16.${index}.0/24`, gw: `10.${index}.0.1` }],
        };
        try {
          ifupdown.render([conf]);
          return vmIfName === "" ? [] : [conf];
        } catch {
          return [];
        }
      });
    assert(confs.length > 5);
    const { kernel } = await readBack(confs);
    assertEquals(removeOnLink(kernel), removeOnLink(predictState(confs)));
  },
);
