/** klibc's `ipconfig`, which reads `ip=` for kernels that cannot, and the kernel. */
import { assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import * as ip from "../../src/formats/ip.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { notInstalled, type Outcome } from "../child.ts";
import { readKernelState, SHOW } from "../consumers/kernel.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";
import { CASES } from "./cases.ts";

const IPCONFIG = "/usr/lib/klibc/bin/ipconfig";
const noKlibc = noSandbox ?? await notInstalled(IPCONFIG);

function changePlain(changes: Partial<StaticNetworkConf>): StaticNetworkConf[] {
  return CASES.plain.map((conf) => ({ ...conf, ...changes }));
}

function withAddress(address: string, gateway?: string): StaticNetworkConf[] {
  return changePlain({ vmIpConfigs: [{ address, gateway }] });
}

function renderLine(confs: readonly StaticNetworkConf[]): string {
  return ip.render(confs).files[0]?.text.trim() ?? "";
}

/** Lets ipconfig read a line, with the device that it is to configure. */
function runIpconfig(line: string): Promise<Outcome> {
  return inSandbox(
    `ip link add eth0 address 02:00:00:00:00:01 type veth peer name peer0
ip link set peer0 up`,
    [
      "sh",
      "-c",
      `${IPCONFIG} -t 2 "$1" >&2 || exit
sed -n "s/^IPV4DNS.='\\(.*\\)'$/\\1/p" /run/net-eth0.conf
${SHOW}`,
      "sh",
      line.replace(/^ip=/, ""),
    ],
  );
}

/** What it told the kernel: addresses and routes; and the nameservers. */
async function readBack(line: string) {
  const { code, stdout, stderr } = await runIpconfig(line);
  assertEquals(code, 0, stderr);
  return {
    kernel: readKernelState(stdout, ["eth0"]).filter((told) =>
      !told.includes(" mtu ")
    ),
    nameservers: stdout.split("\n").filter((server) =>
      /^\d+(\.\d+){3}$/.test(server) && server !== "0.0.0.0"
    ),
  };
}

const ADDRESS = "eth0 10.0.0.2/24";
const ROUTE = "eth0 route default via 10.0.0.1";

/** Configurations that ip= can say, and what is to come of them. */
const SAID: Readonly<
  Record<
    string,
    readonly [StaticNetworkConf[], kernel: string[], nameservers: string[]]
  >
> = {
  "with a nameserver": [[...CASES.plain], [ADDRESS, ROUTE], ["10.0.0.53"]],
  "with two nameservers": [
    changePlain({
      vmNameservers: ["fd00::53", "10.0.0.53", "10.0.0.54", "10.0.0.55"],
    }),
    [ADDRESS, ROUTE],
    ["10.0.0.53", "10.0.0.54"],
  ],
  "without empty fields at the end": [
    changePlain({ vmNameservers: [] }),
    [ADDRESS, ROUTE],
    [],
  ],
  "without gateway": [
    withAddress("10.0.0.2/24"),
    [ADDRESS],
    ["10.0.0.53"],
  ],
  "of a subnet of two": [
    withAddress("10.0.0.2/31"),
    ["eth0 10.0.0.2/31"],
    ["10.0.0.53"],
  ],
  "of a large subnet": [
    withAddress("10.0.0.2/9", "10.100.0.1"),
    ["eth0 10.0.0.2/9", "eth0 route default via 10.100.0.1"],
    ["10.0.0.53"],
  ],
  "of the first of two interfaces": [
    [...CASES.twoNics],
    [ADDRESS, ROUTE],
    ["10.0.0.53"],
  ],
};

for (const [name, [confs, kernel, nameservers]] of Object.entries(SAID)) {
  testUnless(noKlibc, `ipconfig reads our ip= ${name}`, async () => {
    assertEquals(await readBack(renderLine(confs)), { kernel, nameservers });
  });
}

/** What is refused, what others would write of it, and what comes of that. */
const MISREAD: Readonly<
  Record<
    string,
    readonly [StaticNetworkConf[], line: string, kernel: string[]]
  >
> = {
  "a /32 becomes a /8 without gateway": [
    [...CASES.onLink],
    "ip=10.0.0.2::169.254.1.1:255.255.255.255::eth0:off",
    ["eth0 10.0.0.2/8"],
  ],
  "a /0 becomes a /8": [
    withAddress("10.0.0.2/0"),
    "ip=10.0.0.2:::0.0.0.0::eth0:off",
    ["eth0 10.0.0.2/8"],
  ],
  "a /31 loses its gateway": [
    withAddress("10.0.0.2/31", "10.0.0.3"),
    "ip=10.0.0.2::10.0.0.3:255.255.255.254::eth0:off",
    ["eth0 10.0.0.2/31"],
  ],
  "a gateway outside the subnet is lost": [
    withAddress("10.0.0.2/24", "192.0.2.1"),
    "ip=10.0.0.2::192.0.2.1:255.255.255.0::eth0:off",
    [ADDRESS],
  ],
  "the broadcast address as gateway is lost": [
    withAddress("10.0.0.2/24", "10.0.0.255"),
    "ip=10.0.0.2::10.0.0.255:255.255.255.0::eth0:off",
    [ADDRESS],
  ],
  "the guest as its own gateway leads nowhere": [
    withAddress("10.0.0.2/24", "10.0.0.2"),
    "ip=10.0.0.2::10.0.0.2:255.255.255.0::eth0:off",
    [ADDRESS, "eth0 route default via 10.0.0.2 scope 253"],
  ],
  "the address of a group is set nowhere": [
    withAddress("224.0.0.1/24"),
    "ip=224.0.0.1:::255.255.255.0::eth0:off",
    [],
  ],
  "an address of too large numbers becomes another": [
    withAddress("300.0.0.2/24"),
    "ip=300.0.0.2:::255.255.255.0::eth0:off",
    ["eth0 44.0.0.2/24"],
  ],
};

for (const [name, [confs, line, kernel]] of Object.entries(MISREAD)) {
  testUnless(noKlibc, `what is refused: ${name}`, async () => {
    assertThrows(() => renderLine(confs), VmConfError);
    assertEquals((await readBack(line)).kernel, kernel);
  });
}

/** What ipconfig does not read at all: the guest stays without network. */
const UNREAD: Readonly<Record<string, string>> = {
  "IPv6": "ip=[fd00::2]::[fd00::1]:64::eth0:off",
  "a prefix length as mask": "ip=10.0.0.2::10.0.0.1:24::eth0:off",
  "<nil> as gateway": "ip=10.0.0.2::<nil>:255.255.255.0::eth0:off",
  "dracut's field for the MTU":
    "ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off:1400",
  "a colon in the device": "ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:1:off",
  "a space in the device": "ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0 x:off",
};

for (const [name, line] of Object.entries(UNREAD)) {
  testUnless(noKlibc, `ipconfig does not read ${name}`, async () => {
    const { code, stderr } = await runIpconfig(line);
    assertEquals(code, 1, stderr);
  });
}
