/** The real `ip -batch` reads what is written, and the kernel is asked. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "../fast_check.ts";
import { VmConfError } from "../../src/errors.ts";
import * as ipBatch from "../../src/formats/ip_batch.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { EXPECTED } from "../consumers/kernel.ts";
import { noSandbox, testUnless } from "../integration/sandbox.ts";
import { CASES, FULL } from "./cases.ts";
import { HOSTILE } from "./hostile.ts";
import {
  listDeviceNames,
  predictState,
  readStateAfter,
  removeOnLink,
} from "./kernel_state.ts";
import { assertRefusedOrHarmless } from "./refusals.ts";
import { validConfs } from "./valid_confs.ts";

function renderBatch(confs: readonly StaticNetworkConf[]): string {
  return ipBatch.render(confs).files[0]?.text ?? "";
}

/** What the kernel has when a guest has run the batch, twice. */
function readBack(confs: readonly StaticNetworkConf[]) {
  return readStateAfter(
    listDeviceNames(confs),
    "cat > /run/batch; ip -batch /run/batch; ip -batch /run/batch",
    renderBatch(confs),
  );
}

Deno.test("an interface is set up, then its addresses, then its routes", () => {
  const { files, lost } = ipBatch.render(CASES.dualStack);
  assertEquals(files, [{
    name: "ip.batch",
    text: `link set dev eth0 address 02:00:00:00:00:01 mtu 1400 up
addr replace 10.0.0.2/24 dev eth0
addr replace fd00::2/64 dev eth0 nodad
route replace 0.0.0.0/0 via 10.0.0.1 dev eth0
route replace ::/0 via fd00::1 dev eth0
route replace 10.1.0.0/16 via 10.0.0.9 dev eth0
route replace fd01::/48 via fd00::9 dev eth0
`,
  }]);
  assertEquals(lost.map(({ field }) => field), ["vmNameservers"]);
});

Deno.test("routes keep all their attributes", () => {
  const lines = renderBatch([FULL]).split("\n");
  for (
    const line of [
      "route replace 10.1.0.0/16 via 10.0.0.9 dev eth0 mtu 1300 advmss 1260",
      "route replace 10.2.0.0/16 via 10.0.0.9 dev eth0 metric 50",
      "route replace 10.3.0.0/16 via 10.0.0.9 dev eth0 table 100",
      "route replace 10.4.0.0/16 via 10.0.0.9 dev eth0 scope 200",
      "route replace 10.5.0.0/16 via 192.0.2.1 dev eth0 onlink",
    ]
  ) assert(lines.includes(line), line);
});

for (const [name, expected] of Object.entries(EXPECTED)) {
  testUnless(noSandbox, `ip -batch makes ${name}, and again`, async () => {
    const confs = { ...CASES, full: [FULL] }[name] ?? [];
    assertEquals(await readBack(confs), expected);
    assertEquals(predictState(confs), expected);
  });
}

testUnless(
  noSandbox,
  "a route in place of the kernel's own leaves the gateways on the link",
  async () => {
    const vmRoutes = [
      { dst: "10.0.0.0/24", gw: "10.0.0.1" },
      { dst: "10.9.0.0/16", gw: "10.0.0.9" },
      { dst: "fd00::/64", gw: "fd00::1", priority: 256 },
      { dst: "fd09::/16", scope: 253 },
    ];
    const confs = [{ ...FULL, vmRoutes }];
    assertEquals(
      removeOnLink(await readBack(confs)),
      removeOnLink(predictState(confs)),
    );
  },
);

testUnless(
  noSandbox,
  "a route that would replace another interface's is lost",
  async () => {
    const [first, second] = CASES.twoNics;
    assert(first && second);
    const dst = "192.168.0.0/16";
    const vmRoutes = [{ dst }, { dst: "10.0.0.0/24" }, {
      dst,
      priority: 9,
    }];
    const confs = [{ ...first, vmRoutes: [{ dst }] }, { ...second, vmRoutes }];
    const { lost } = ipBatch.render(confs);
    assertEquals(lost.map(({ field, value }) => [field, value]), [
      ["confs[0].vmNameservers", first.vmNameservers],
      ["confs[1].vmRoutes[0]", { dst }],
      ["confs[1].vmRoutes[1]", { dst: "10.0.0.0/24" }],
    ]);
    const carried = [confs[0] ?? first, {
      ...second,
      vmRoutes: vmRoutes.slice(2),
    }];
    assertEquals(await readBack(confs), predictState(carried));
  },
);

Deno.test("a hostile value is refused with its path, or means nothing to ip", () => {
  assertRefusedOrHarmless(
    ipBatch,
    ({ text }) =>
      text.trimEnd().split("\n").every((line) =>
        /^(?:link set|addr replace|route replace)(?: (?!["'])[^\s#\\]+)+$/.test(
          line,
        )
      ),
  );
});

Deno.test("a name that ip would not read as one is refused", () => {
  for (const vmIfName of ["a#b", '"a', "'a'", "a\\"]) {
    const error = assertThrows(
      () => ipBatch.render([{ ...FULL, vmIfName }]),
      VmConfError,
    );
    assertEquals([error.code, error.path], ["invalid-conf", "conf.vmIfName"]);
  }
});

/** Interfaces of all the names that are not refused. */
function makeHostileNics(): StaticNetworkConf[] {
  const names = HOSTILE.flatMap((text) => [text, `eth${text}`]);
  return [...new Set(names)].flatMap((vmIfName, index) => {
    const conf: StaticNetworkConf = {
      tapName: `tap${index}`,
      netNSPath: "/run/netns/a",
      vmIfName,
      vmMacAddr: `02:00:00:00:01:${index.toString(16).padStart(2, "0")}`,
      vmMtu: 1400 + index,
      vmIpConfigs: [{ address: `10.${index}.0.2/24` }],
      vmRoutes: [{ dst: `172.16.${index}.0/24`, gw: `10.${index}.0.1` }],
      vmNameservers: [],
      vmSearchDomains: [],
      vmResolverOptions: [],
    };
    try {
      ipBatch.render([conf]);
      return vmIfName === "" ? [] : conf;
    } catch {
      return [];
    }
  });
}

testUnless(noSandbox, "ip finds every device by its very name", async () => {
  const confs = makeHostileNics();
  assert(confs.length > 50);
  assertEquals(await readBack(confs), predictState(confs));
});

testUnless(noSandbox, "any VM's interfaces are as they should be", async () => {
  await fc.assert(
    fc.asyncProperty(
      validConfs.filter(hasNamesForIp),
      async (confs) => {
        fc.pre(
          ipBatch.render(confs).lost.every(({ field }) =>
            /Nameservers|Domains/.test(field)
          ),
        );
        assertEquals(await readBack(confs), predictState(confs));
      },
    ),
    { numRuns: 30 },
  );
});

function hasNamesForIp(confs: readonly StaticNetworkConf[]): boolean {
  return confs.every(({ vmIfName = "" }) => !/^["']|[#\\]/.test(vmIfName));
}
