/** Chains of the real plugins, in real namespaces. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { testUnless } from "../integration/sandbox.ts";
import { NETWORKS, noPlugins, runInPlace, testInPlace } from "./place.ts";

const PORTS =
  `'{"portMappings":[{"hostPort":8081,"containerPort":80,"protocol":"tcp"}]}'`;

for (const name of Object.keys(NETWORKS)) {
  testUnless(
    noPlugins,
    `add, check and del of ${name} leave nothing behind`,
    async () => {
      const { code, stdout, stderr } = await runInPlace(`
state > /run/before
vmconf add ${name} --id vm-1 --format result --capability-args ${PORTS} > /run/result
state > /run/during
vmconf check --id vm-1
vmconf del --id vm-1
state > /run/after
diff /run/before /run/after && echo nothing left
cmp -s /run/before /run/during || echo something was there`);
      assertEquals(stderr, "");
      assertEquals(code, 0);
      assertEquals(stdout, "nothing left\nsomething was there\n");
    },
  );
}

testInPlace(
  "add makes what the result says",
  `
vmconf add dual --id vm-1 --format result > /run/result
jq -r '.ips[].address' /run/result
ip -n vmconf-vm-1 -o addr show eth0 scope global | grep -o 'inet.* brd\\|inet6 [^ ]*' | sed 's/ brd//'
ip netns list | cut -d' ' -f1`,
  "10.82.0.2/24\nfd00:82::2/64\ninet 10.82.0.2/24\ninet6 fd00:82::2/64\nvmconf-vm-1\n",
);

testInPlace(
  "ports are forwarded, but no longer after del",
  `
rules() { iptables-save | grep -c 'to-destination 10.81.0.2:80'; }
vmconf add ptp --id vm-1 --format result --capability-args ${PORTS} > /run/result
rules
vmconf del --id vm-1
rules || true`,
  "1\n0\n",
);

testUnless(
  noPlugins,
  "check reports a missing link",
  async () => {
    const { stderr, stdout } = await runInPlace(`
vmconf add dual --id vm-1 --format result > /run/result
ip -n vmconf-vm-1 link del eth0
vmconf check --id vm-1 || echo "exit code $?"`);
    assertEquals(stdout, "exit code 1\n");
    assertStringIncludes(stderr, 'plugin type="ptp" failed (check): ');
    assertStringIncludes(stderr, "eth0");
  },
);

testUnless(
  noPlugins,
  "a VM's network is made, and its configuration printed",
  async () => {
    const { stdout, stderr } = await runInPlace(`
vmconf add vm --id vm-1 --format ip 2>/run/warnings
ip -n vmconf-vm-1 -br link show tap-eth0 | cut -d' ' -f1
plain convert --from-cache vm --cache-dir /run/cni --container-id vm-1 --format ip 2>/dev/null`);
    assertEquals(stderr, "");
    const parameter = "ip=10.84.0.2::10.84.0.1:255.255.255.0:::off";
    assertEquals(stdout, `${parameter}\ntap-eth0\n${parameter}\n`);
  },
);

testInPlace(
  "two networks are two interfaces of one VM",
  `
state > /run/before
vmconf add vm vm6 --id vm-1 | jq -c '.. | objects | select(has("tapName")) | [.tapName, .netNSPath, .vmMtu, .vmMacAddr, [.vmIpConfigs[].address]]'
vmconf check --id vm-1
vmconf del --id vm-1
state | diff /run/before - && echo nothing left`,
  `["tap-eth0","/run/netns/vmconf-vm-1",1400,"02:00:00:00:00:01",["10.84.0.2/24"]]
["tap-eth1","/run/netns/vmconf-vm-1",1400,"02:00:00:00:00:01",["10.85.0.2/24","fd00:85::2/64"]]
nothing left
`,
);

testUnless(
  noPlugins,
  "if the second network fails the first is undone too",
  async () => {
    const { stdout, stderr } = await runInPlace(`
vmconf add tiny --id c-1 --format result > /dev/null
state > /run/before
vmconf add vm tiny --id vm-1 || echo "exit code $?"
state | diff /run/before - && echo nothing left`);
    assertEquals(stdout, "exit code 1\nnothing left\n");
    assertMatch(
      stderr,
      /error: plugin type="ptp" failed \(add\): .*no IP addresses available/,
    );
    assertStringIncludes(stderr, "vmconf undid its changes.");
  },
);

testUnless(
  noPlugins,
  "a network that no format can show is deleted again",
  async () => {
    const { stdout, stderr } = await runInPlace(`
state > /run/before
vmconf add plain --id vm-1 --format ip || echo "exit code $?"
state | diff /run/before - && echo nothing left`);
    assertEquals(stdout, "exit code 1\nnothing left\n");
    assertStringIncludes(stderr, "The network was deleted again.");
  },
);

testUnless(
  noPlugins,
  "an existing namespace is kept, and anything else at its path is refused",
  async () => {
    const { stdout, stderr } = await runInPlace(`
ip netns add mine
vmconf add loopback --id vm-1 --netns /run/netns/mine --format result > /dev/null
vmconf del --id vm-1
ip netns list
touch /run/file
vmconf add loopback --id vm-1 --netns /run/file --format result || echo "exit code $?"`);
    assertEquals(stdout, "mine\nexit code 1\n");
    assertStringIncludes(
      stderr,
      'failed to find netns at path "/run/file": expected a network namespace, found a file of another kind',
    );
  },
);

testInPlace(
  "gc deletes what is gone and keeps what is alive",
  `
state > /run/before
for id in c-1 c-2 c-3; do vmconf add plain --id $id --format result > /dev/null; done
ip netns del vmconf-c-2
vmconf gc plain
vmconf check --id c-1
vmconf gc plain --keep c-3
vmconf check --id c-3
vmconf del --id c-3
state | diff /run/before - && echo nothing left`,
  "plain c-2 eth0\nplain c-1 eth0\nnothing left\n",
);

testUnless(noPlugins, "status shows which networks are ready", async () => {
  const { stdout, stderr } = await runInPlace(`
echo '{"cniVersion":"1.0.0","name":"bad","plugins":[{"type":"absent"}]}' > /run/net.d/bad.conflist
vmconf status loopback bad || echo "exit code $?"`);
  assertEquals(stdout, "loopback ready, CNI 1.0.0: loopback\nexit code 1\n");
  assertStringIncludes(stderr, 'failed to find plugin "absent"');
});
