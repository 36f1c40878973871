/**
 * A chain of Debian's plugins and ours, run by a small runtime for these tests,
 * compared with what the Go plugin tc-redirect-tap printed and left.
 */
import { assertEquals } from "@std/assert";
import { repositoryPath } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import { NETWORKS, noChain } from "./networks.ts";
import { runScript, runScriptJson } from "./scenario.ts";

function findGenuine(file: string): string {
  return Deno.readTextFileSync(repositoryPath(`tests/vectors/real/${file}`));
}

/** Attaches a VM to a network, as it was done for the Go plugin's results. */
function buildAttachScript(network: string, netns: string): string {
  return `${NETWORKS}
ip netns add ${netns}
ip -n ${netns} link set lo up
runtime add /run/${network}.conflist vm-${network} /var/run/netns/${netns} eth0`;
}

/** A result without random values: MACs are numbered, veths have one name. */
function dropRandom(result: string): unknown {
  const macs = new Map<string, string>();
  const counted = result.replaceAll(/(?:[\da-f]{2}:){5}[\da-f]{2}/g, (mac) => {
    if (!macs.has(mac)) macs.set(mac, `mac ${macs.size}`);
    return macs.get(mac) ?? "";
  });
  return JSON.parse(counted.replaceAll(/veth[\da-f]{8}/g, "veth"));
}

const GENUINE = [
  { network: "ptp4", netns: "real1" },
  { network: "dual", netns: "real4" },
];

for (const { network, netns } of GENUINE) {
  testUnless(
    noChain,
    `the result of the chain ${network} equals that of the Go plugin`,
    async () => {
      const [result] = await runScriptJson(buildAttachScript(network, netns));
      assertEquals(
        dropRandom(JSON.stringify(result)),
        dropRandom(JSON.stringify(JSON.parse(findGenuine(`${network}.json`)))),
      );
    },
  );
}

/** Lines of tc and ip without random numbers and addresses. */
function splitLines(listing: string): string[] {
  return listing
    .replaceAll(/^\d+: /gm, "")
    .replaceAll(/(index) \d+/g, "$1")
    .replaceAll(/(link\/ether) \S+/g, "$1")
    // Newer versions of ip print more of these.
    .replaceAll(/ (promiscuity|addrgenmode) .*$/gm, "")
    .split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

testUnless(
  noChain,
  "tc and ip show the same in the namespace as with the Go plugin",
  async () => {
    const { stdout, stderr } = await runScript(`
      ${buildAttachScript("ptp4", "real1")} >/run/result
      tc -n real1 qdisc show
      tc -n real1 filter show dev eth0 ingress
      tc -n real1 filter show dev tap0 ingress
      ip -n real1 -d link show dev tap0
    `);
    assertEquals(stderr, "");
    assertEquals(splitLines(stdout), splitLines(findGenuine("ptp4.tc.txt")));
  },
);

testUnless(
  noChain,
  "after ADD, CHECK and DEL of two networks nothing is left: links, addresses, routes, qdiscs, leases",
  async () => {
    const { code, stdout, stderr } = await runScript(`${NETWORKS}
      ip netns add a
      listing() {
        for netns in "" "-n a"; do
          ip $netns -o link; ip $netns -o addr; ip $netns route
          ip $netns -6 route; tc $netns qdisc
        done
        find /run/leases -name '[0-9f]*'
      }
      run() { runtime "$1" "/run/$2.conflist" vm-1 /run/netns/a "$3"; }
      mkdir /run/leases
      listing >/run/before
      run add ptp4 eth0 >/run/first
      run add dual eth1 >/run/second
      run check ptp4 eth0
      run check dual eth1
      jq -r .interfaces[-1].name /run/first /run/second
      run del ptp4 eth0
      run check dual eth1
      run del dual eth1
      run del dual eth1
      listing | diff /run/before -
    `);
    assertEquals([code, stdout, stderr], [0, "tap0\ntap1\n", ""]);
  },
);
