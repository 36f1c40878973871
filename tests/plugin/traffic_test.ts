/** Traffic through what the plugin made, with the kernel's own stack as guest. */
import { assertEquals } from "@std/assert";
import { denoRun, notInstalled } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import { NETWORKS, noChain } from "./networks.ts";
import { runScript } from "./scenario.ts";

const noTraffic = noChain ?? await notInstalled("ping");

const WIRE = denoRun(["-A"], "tests/plugin/wire.ts").join(" ");

/** A namespace whose eth0 is wired to the tap, and has what the result says. */
const GUEST = `${NETWORKS}
ip netns add a
ip netns add guest
runtime add /run/narrow.conflist vm-1 /run/netns/a eth0 >/run/result
mac=$(jq -r '.interfaces[-1].mac' /run/result)
${WIRE} /run/netns/a tap0 /run/netns/guest eth0 &
wire=$!
trap 'kill $wire' EXIT
until ip -n guest link show dev eth0 >/run/null 2>&1; do sleep 0.05; done
ip -n guest link set eth0 address "$mac" mtu 1400 up
ip -n guest address add "$(jq -r '.ips[-2].address' /run/result)" dev eth0
ip -n guest address add "$(jq -r '.ips[-1].address' /run/result)" dev eth0 nodad
guest() { nsenter --net=/run/netns/guest "$@"; }
`;

testUnless(
  noTraffic,
  "packets of the full MTU pass from guest to host and back, IPv4 and IPv6",
  async () => {
    const { code, stdout, stderr } = await runScript(`${GUEST}
      ping="ping -n -q -c 2 -i 0.2 -W 5 -M do"
      received() { sed -n 's/.* \\([0-9]*\\) received.*/\\1 received/p'; }
      guest $ping -s $((1400 - 28)) 10.91.4.1 | received
      guest $ping -s $((1400 - 48)) fd00:91:4::1 | received
      $ping -s $((1400 - 28)) 10.91.4.2 | received
      $ping -s $((1400 - 48)) fd00:91:4::2 | received
    `);
    assertEquals([code, stdout], [0, "2 received\n".repeat(4)], stderr);
  },
);

testUnless(noTraffic, "no packets pass after DEL", async () => {
  const { stdout, stderr } = await runScript(`${GUEST}
    reach() {
      if guest ping -n -q -c 1 -W 1 10.91.4.1 >/run/null
      then echo reached; else echo unreached; fi
    }
    reach
    plugin DEL "$(jq --slurpfile previous /run/result \\
      '{cniVersion, name} + .plugins[1] + {prevResult: $previous[0]}' \\
      /run/narrow.conflist)"
    reach
  `);
  assertEquals([stdout, stderr], ["reached\nunreached\n", ""]);
});
