import { assert, assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import * as networkd from "../../src/formats/networkd.ts";
import { noConsumers, runInConsumers } from "../consumers/consumers.ts";
import { EXPECTED } from "../consumers/kernel.ts";
import { runNetworkd } from "../consumers/networkd.ts";
import { testUnless } from "../integration/sandbox.ts";
import { CASES, FULL } from "./cases.ts";
import { assertRefusedOrHarmless } from "./refusals.ts";

const [PLAIN] = CASES.plain;
assert(PLAIN);

Deno.test("a NIC has a unit of its own, and a link that gives it its name", () => {
  assertEquals(networkd.render([PLAIN]), {
    files: [
      {
        name: "10-eth0.link",
        text: `[Match]
MACAddress=02:00:00:00:00:01
Type=ether

[Link]
Name=eth0
`,
      },
      {
        name: "10-eth0.network",
        text: `[Match]
MACAddress=02:00:00:00:00:01
Type=ether

[Link]
MTUBytes=1400

[Network]
IPv6AcceptRA=no
LinkLocalAddressing=no
DNS=10.0.0.53

[Address]
Address=10.0.0.2/24

[Route]
Destination=0.0.0.0/0
Gateway=10.0.0.1
`,
      },
    ],
    lost: [],
  });
});

Deno.test("without a MAC the unit is for the name, or for the kernel's own", () => {
  const { vmMacAddr: _, ...conf } = PLAIN;
  for (const [vmIfName, name] of [["net0", "net0"], [undefined, "eth0"]]) {
    const { files } = networkd.render([{ ...conf, vmIfName }]);
    assertEquals(files.map(({ name }) => name), [`10-${name}.network`]);
    assert(
      files[0]?.text.startsWith(`[Match]
Name=${name}

`),
    );
  }
});

for (const [name, confs] of Object.entries({ ...CASES, full: [FULL] })) {
  testUnless(
    noConsumers,
    `networkd configures ${name} as it should`,
    async () => {
      const { files } = networkd.render(confs);
      const { kernel, complaints } = await runNetworkd(files, confs);
      assertEquals(complaints, []);
      assertEquals(kernel, EXPECTED[name as keyof typeof EXPECTED]);
    },
  );
}

testUnless(
  noConsumers,
  "networkd puts routes of several interfaces side by side",
  async () => {
    const [first, second] = CASES.twoNics;
    assert(first && second);
    const vmRoutes = [{ dst: "192.168.0.0/16" }];
    const confs = [first, second].map((conf) => ({ ...conf, vmRoutes }));
    const { files } = networkd.render(confs);
    const { kernel } = await runNetworkd(files, confs);
    assertEquals(kernel.filter((line) => line.includes("192.168.0.0/16")), [
      "eth0 route 192.168.0.0/16 via 10.0.0.1",
      "eth1 route 192.168.0.0/16 via 172.16.0.1",
    ]);
  },
);

testUnless(
  noConsumers,
  "networkd gives resolvers the servers and domains",
  async () => {
    const { files } = networkd.render([FULL]);
    const { resolver } = await runNetworkd(files, [FULL]);
    assertEquals(resolver, [
      "eth0 DNS=10.0.0.53 fd00::53 10.0.0.54",
      "eth0 DOMAINS=vm.example.com example.com example.org",
    ]);
  },
);

testUnless(
  noConsumers,
  "udev reads the name of a link, whatever the kernel calls it",
  async () => {
    const { files } = networkd.render([PLAIN]);
    const { stdout, stderr } = await runInConsumers(
      files,
      `mkdir -p /run/systemd/network
cp *.link /run/systemd/network
udevadm test-builtin net_setup_link /sys/class/net/enp0s1`,
      `ip link add enp0s1 address ${PLAIN.vmMacAddr} type veth peer name peer0`,
    );
    assert(
      stdout.includes("ID_NET_LINK_FILE=/run/systemd/network/10-eth0.link") &&
        stdout.includes("ID_NET_NAME=eth0"),
      stdout + stderr,
    );
  },
);

/** A section, a setting of characters that mean nothing else, or nothing. */
const HARMLESS = /^(?:\[\w+\]|\w+=[\w.:/-]+(?: [\w.:/-]+)*)?$/;

Deno.test("hostile values are refused with their path, or harmless in units", () => {
  assertRefusedOrHarmless(
    networkd,
    ({ name, text }) =>
      /^10-[\w.-]+$/.test(name) &&
      text.split("\n").every((line) => HARMLESS.test(line)),
  );
});

Deno.test("a name that means several devices, or none, is refused", () => {
  for (
    const vmIfName of ["eth*", "eth?", "!eth0", "7", "0x10", "all", "a,b", "a'"]
  ) {
    const { code, path } = assertThrows(
      () => networkd.render([{ ...PLAIN, vmIfName }]),
      VmConfError,
    );
    assertEquals([code, path], ["invalid-conf", "conf.vmIfName"], vmIfName);
  }
});

Deno.test("only the resolver's options are lost", () => {
  assertEquals(networkd.render([FULL]).lost.map(({ field }) => field), [
    "vmResolverOptions",
  ]);
});
