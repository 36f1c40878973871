/**
 * There is no binary of Firecracker in Debian: its JSON is compared with a schema
 * written from its API description.
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import * as fc from "../fast_check.ts";
import { VmConfError } from "../../src/errors.ts";
import * as firecracker from "../../src/formats/firecracker.ts";
import * as ip from "../../src/formats/ip.ts";
import type { FormatOptions } from "../../src/formats/format_table.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { CASES, FULL } from "./cases.ts";
import { makeHostileConfs } from "./hostile.ts";
import { assertFits, FIRECRACKER_CONFIG } from "./schemas.ts";
import { validConfs } from "./valid_confs.ts";

function render(
  confs: readonly StaticNetworkConf[],
  options?: FormatOptions<"firecracker">,
) {
  const { files: [main, ...companions], lost } = firecracker.render(
    confs,
    options,
  );
  assert(main);
  return { config: JSON.parse(main.text), companions, lost };
}

function listLostFields(
  confs: readonly StaticNetworkConf[],
  options?: FormatOptions<"firecracker">,
): string[] {
  return render(confs, options).lost.map(({ field }) => field);
}

Deno.test("the configuration has the interface, and ip= as boot argument", () => {
  const { files, lost } = firecracker.render(CASES.plain);
  assertEquals(files, [
    {
      name: "firecracker.json",
      text: `{
  "boot-source": {
    "boot_args": "ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off:10.0.0.53"
  },
  "network-interfaces": [
    {
      "iface_id": "eth0",
      "host_dev_name": "tap0",
      "guest_mac": "02:00:00:00:00:01",
      "mtu": 1400
    }
  ]
}
`,
    },
    {
      name: "network-interfaces/eth0.json",
      text: `{
  "iface_id": "eth0",
  "host_dev_name": "tap0",
  "guest_mac": "02:00:00:00:00:01",
  "mtu": 1400
}
`,
      companion: true,
    },
  ]);
  assertEquals(lost, []);
});

/** Asserts that the file and the requests' bodies are right, and say the same. */
function assertAllFit(
  { config, companions }: Pick<
    ReturnType<typeof render>,
    "config" | "companions"
  >,
  takesMtu: boolean,
): void {
  assertFits(FIRECRACKER_CONFIG[takesMtu ? "withMtu" : "withoutMtu"], config);
  const bodies = companions.map(({ name, text }) => {
    const body = JSON.parse(text);
    assertEquals(name, `network-interfaces/${body.iface_id}.json`);
    return body;
  });
  assertEquals(config["network-interfaces"], bodies);
}

for (const version of [undefined, "1.16", "1.15.1"]) {
  const takesMtu = version !== "1.15.1";

  Deno.test(`Firecracker ${version ?? "of today"} gets no member that it does not know`, () => {
    const options = { firecrackerVersion: version };
    for (const confs of [...Object.values(CASES), [FULL]]) {
      const rendered = render(confs, options);
      assertAllFit(rendered, takesMtu);
      assertEquals(
        rendered.config["network-interfaces"].map(
          (body: Record<string, unknown>) => [
            body.host_dev_name,
            body.guest_mac,
            body.mtu,
          ],
        ),
        confs.map(({ tapName, vmMacAddr, vmMtu }) => [
          tapName,
          vmMacAddr,
          takesMtu ? vmMtu : undefined,
        ]),
      );
    }
  });

  Deno.test(`Firecracker ${version ?? "of today"} can be given any VM`, () => {
    fc.assert(
      fc.property(validConfs, (confs) => {
        try {
          const rendered = render(confs, { firecrackerVersion: version });
          assertAllFit(rendered, takesMtu);
          assertEquals(rendered.companions.length, confs.length);
        } catch (error) {
          // The kernel's command line has no way to write some names.
          assert(error instanceof VmConfError);
          assertMatch(error.path ?? "", /^confs?(?:\[0\])?\.vmIfName$/);
        }
      }),
      { numRuns: 200 },
    );
  });
}

Deno.test("the MTU is lost before 1.16", () => {
  for (
    const [firecrackerVersion, isLost] of [
      ["0.25.2", true],
      ["1.15", true],
      ["v1.15.9", true],
      ["1.16.0", false],
      ["1.100", false],
      ["2.0", false],
    ] as const
  ) {
    const fields = listLostFields(CASES.plain, { firecrackerVersion });
    assertEquals(fields, isLost ? ["vmMtu"] : [], firecrackerVersion);
  }
});

Deno.test("a version that is none is refused", () => {
  for (const firecrackerVersion of ["", "1", "latest", "1.16-dev", "1.16\n"]) {
    const { code, path } = assertThrows(
      () => render(CASES.plain, { firecrackerVersion }),
      VmConfError,
    );
    assertEquals(
      [code, path],
      ["invalid-option", "options.firecrackerVersion"],
    );
  }
});

Deno.test("the boot arguments are those of the ip format", () => {
  const options = { bootArgs: 'console=ttyS0 x="a b" -- single' };
  const line = ip.render(CASES.plain, options).files[0]?.text.trimEnd();
  const { config } = render(CASES.plain, options);
  assertEquals(config["boot-source"], { boot_args: line });
  const { code, path } = assertThrows(
    () => render(CASES.plain, { bootArgs: "ip=dhcp" }),
    VmConfError,
  );
  assertEquals([code, path], ["invalid-option", "options.bootArgs"]);
});

Deno.test("where ip= cannot express it the boot arguments stay as they were", () => {
  const fields = ["vmIfName", "vmIpConfigs[0]", "vmNameservers"];
  const alone = render(CASES.onLink);
  assertEquals("boot-source" in alone.config, false);
  assertEquals(alone.lost.map(({ field }) => field), fields);
  assertEquals(
    alone.lost[0]?.why,
    "ip= cannot express it: expected a prefix length of 1 to 31, found 10.0.0.2/32: the kernel treats the mask 255.255.255.255 as unset and guesses another",
  );
  const merged = render(CASES.onLink, { bootArgs: "console=ttyS0 ip=dhcp" });
  assertEquals(merged.config["boot-source"], {
    boot_args: "console=ttyS0 ip=dhcp",
  });
  assertEquals(merged.lost.map(({ field }) => field), fields);
});

Deno.test("a command line that the kernel would cut is reported", () => {
  assertEquals(
    listLostFields(CASES.plain, { bootArgs: "x".repeat(2047) }),
    ["options.bootArgs"],
  );
});

Deno.test("what ip= leaves out is reported for each interface", () => {
  assertEquals(listLostFields([FULL]), [
    "vmIpConfigs[1]",
    "vmDomain",
    "vmSearchDomains",
    "vmResolverOptions",
    ...[1, 2, 3, 4, 5, 6].map((index) => `vmRoutes[${index}]`),
    "vmNameservers[1]",
  ]);
  assertEquals(listLostFields(CASES.twoNics), [
    "confs[1].vmIfName",
    "confs[1].vmIpConfigs[0]",
    "confs[1].vmRoutes[0]",
  ]);
});

Deno.test("an id has letters, digits and _, and is given once", () => {
  const [first, second] = CASES.twoNics;
  assert(first && second);
  const ids = (one: string | undefined, other: string) =>
    render([{ ...first, vmIfName: one }, { ...second, vmIfName: other }])
      .config["network-interfaces"]
      .map((body: { iface_id: string }) => body.iface_id);
  assertEquals(ids(undefined, "en-p1s0"), ["eth0", "en_p1s0"]);
  assertEquals(ids("a.b", "a-b"), ["net0", "net1"]);
});

Deno.test("a hostile value is refused with its path, or read back", () => {
  for (const { field, value, conf } of makeHostileConfs()) {
    try {
      const { config } = render([conf]);
      assertFits(FIRECRACKER_CONFIG.withMtu, config);
      const [body] = config["network-interfaces"];
      if (field === "tapName") assertEquals(body.host_dev_name, value);
    } catch (error) {
      assert(error instanceof VmConfError, String(error));
      assertEquals(error.path, `conf.${field}`);
    }
  }
});
