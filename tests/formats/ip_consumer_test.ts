/** What klibc's ipconfig, the reader of Debian's initramfs, makes of `ip=`. */
import { assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import { ipBootParam } from "../../src/formats/ip_param.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { notInstalled } from "../child.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";
import { CASES } from "./cases.ts";

const IPCONFIG = "/usr/lib/klibc/bin/ipconfig";
const noReader = noSandbox ?? await notInstalled(IPCONFIG);

const [PLAIN] = CASES.plain as [StaticNetworkConf];

/** The address, gateway and nameservers that it set up. */
async function readBack(value: string): Promise<string[]> {
  const { code, stdout, stderr } = await inSandbox(
    `ip link add eth0 type veth peer name peer
ip link set peer up`,
    [
      "sh",
      "-ec",
      `${IPCONFIG} -t 3 "$1" >/dev/null 2>&1 || echo refused
ip -o -4 address show eth0 | sed -n 's/.*inet \\([^ ]*\\).*/\\1/p'
ip route show default | sed -n 's/.* via \\([^ ]*\\).*/via \\1/p'
sed -n "s/^IPV4DNS[01]='\\(.*\\)'$/dns \\1/p" /run/net-eth0.conf 2>/dev/null | grep -v 0.0.0.0 || true`,
      "sh",
      value,
    ],
  );
  assertEquals(code, 0, stderr);
  return stdout.trim().split("\n");
}

testUnless(noReader, "klibc reads all that ip= carries", async () => {
  const conf = { ...PLAIN, vmNameservers: ["10.0.0.53", "1.1.1.1"] };
  assertEquals(await readBack(ipBootParam(conf)), [
    "10.0.0.2/24",
    "via 10.0.0.1",
    "dns 10.0.0.53",
    "dns 1.1.1.1",
  ]);
});

testUnless(
  noReader,
  "klibc reads what has no gateway, or no name",
  async () => {
    const vmIpConfigs = [{ address: "10.0.0.2/31" }];
    const conf = { ...PLAIN, vmIpConfigs, vmNameservers: [] };
    assertEquals(await readBack(ipBootParam(conf)), ["10.0.0.2/31"]);
    const { vmIfName: _, ...nameless } = PLAIN;
    assertEquals(await readBack(ipBootParam(nameless)), [
      "10.0.0.2/24",
      "via 10.0.0.1",
      "dns 10.0.0.53",
    ]);
  },
);

testUnless(
  noReader,
  "klibc would take for another network what is refused",
  async () => {
    const cases: [address: string, raw: string, misread: string][] = [
      ["10.0.0.2/32", "10.0.0.2:::255.255.255.255::eth0:off", "10.0.0.2/8"],
      ["10.0.0.2/0", "10.0.0.2:::0.0.0.0::eth0:off", "10.0.0.2/8"],
    ];
    for (const [address, raw, misread] of cases) {
      const conf = { ...PLAIN, vmIpConfigs: [{ address }] };
      const { code } = assertThrows(() => ipBootParam(conf), VmConfError);
      assertEquals(code, "not-representable");
      assertEquals((await readBack(raw))[0], misread);
    }
  },
);
