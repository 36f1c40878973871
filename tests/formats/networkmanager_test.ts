import { assert, assertEquals } from "@std/assert";
import { networkmanager } from "../../src/formats/networkmanager.ts";
import { noConsumers } from "../consumers/consumers.ts";
import { EXPECTED } from "../consumers/kernel.ts";
import { networkManagerReads } from "../consumers/networkmanager.ts";
import { testUnless } from "../integration/sandbox.ts";
import { CASES, FULL } from "./cases.ts";
import { assertRefusedOrHarmless } from "./refusals.ts";

const [PLAIN] = CASES.plain;
const [DUAL_STACK] = CASES.dualStack;
assert(PLAIN && DUAL_STACK);

function lost(...confs: Parameters<typeof networkmanager.render>[0]) {
  return networkmanager.render(confs).lost.map(({ field }) => field);
}

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

Deno.test("what is of a family without addresses is lost", () => {
  const vmRoutes = [{ dst: "fd01::/48" }];
  assertEquals(
    lost({ ...PLAIN, vmRoutes, vmNameservers: ["fd00::53", "10.0.0.53"] }),
    ["vmIfName", "vmRoutes[0]", "vmNameservers[0]"],
  );
});

for (const [name, confs] of Object.entries({ ...CASES, full: [FULL] })) {
  testUnless(
    noConsumers,
    `NetworkManager configures ${name} as it should`,
    async () => {
      const { files } = networkmanager.render(confs);
      const { kernel, resolver } = await networkManagerReads(files, confs);
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
