/** What add and del may touch: only what vmconf can prove to be its own. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { testUnless } from "../integration/sandbox.ts";
import { noHost, printOnHost, runOnHost, testOnHost } from "./host.ts";

// A1: a second add

testOnHost(
  "a second add changes nothing and says how to print the configuration",
  `
vmconf add vm --id vm-1 --format ip 2>/dev/null > /run/first
before
vmconf add vm --id vm-1 --format ip 2> /run/notes/said || echo "exit code $?"
same
hint=$(grep -o '\`vmconf convert [^\`]*\`' /run/notes/said | tr -d '\`' | cut -d' ' -f2-)
plain $hint --cache-dir /run/cni --format ip 2>/dev/null | cmp - /run/first && echo printed
grep -o 'it is already attached; nothing was changed' /run/notes/said`,
  "exit code 1\nunchanged\nprinted\nit is already attached; nothing was changed\n",
);

testOnHost(
  "a second add is refused by whatever path it names the namespace",
  `
vmconf add plain --id vm-1 --format result > /dev/null
ln -s /run/netns/vmconf-vm-1 /run/link
ln -s /run /run/run
touch /run/bound
mount --bind /run/netns/vmconf-vm-1 /run/bound
before
for netns in vmconf-vm-1 /run/netns/vmconf-vm-1 /run/link /run/run/netns/vmconf-vm-1 /run/bound; do
  failing vmconf add plain --id vm-1 --netns $netns
done
same`,
  "already-added\n".repeat(5) + "unchanged\n",
);

testOnHost(
  "if one of two networks is already attached, neither is changed",
  `
vmconf add plain --id vm-1 --format result > /dev/null
before
failing vmconf add plain dual --id vm-1 --format result
failing vmconf add dual plain --id vm-1 --format result --if-name eth1 --if-name eth0
same`,
  "already-added\nalready-added\nunchanged\n",
);

testOnHost(
  "an attachment whose namespace is gone is added again without a flag",
  `
vmconf add plain --id vm-1 --format result > /dev/null
ip netns del vmconf-vm-1
vmconf add plain --id vm-1 --format result | jq -r '.ips[0].address'
vmconf check --id vm-1
ls /run/ipam/plain | grep -c '^10\\.'`,
  "10.87.0.3/24\n1\n",
);

testOnHost(
  "--replace deletes an attachment and adds it again in its namespace",
  `
vmconf add vm --id vm-1 --format result > /run/notes/old
stat -c %i /run/netns/vmconf-vm-1 > /run/notes/inode
vmconf add vm --id vm-1 --format result --replace > /run/notes/new
cmp -s /run/notes/old /run/notes/new || echo another result
stat -c %i /run/netns/vmconf-vm-1 | cmp - /run/notes/inode && echo the same namespace
vmconf check --id vm-1
ls /run/ipam/vm | grep -c '^10\\.'`,
  "another result\nthe same namespace\n1\n",
);

testUnless(
  noHost,
  "--replace changes nothing while a VMM has the tap open, and --force-replace cuts it off",
  async () => {
    const stdout = await printOnHost(`
vmconf add vm --id vm-1 --format result > /dev/null
vmm /run/netns/vmconf-vm-1 tap-eth0
before
failing vmconf add vm --id vm-1 --format result --replace
message
same
vmconf add vm --id vm-1 --format result --force-replace > /dev/null
vmconf check --id vm-1
kill $vmm`);
    const [code, message, hint, unchanged] = stdout.split("\n");
    assertEquals([code, unchanged], ["in-use", "unchanged"]);
    assertStringIncludes(message ?? "", 'a running VM has "tap-eth0" open');
    assertStringIncludes(hint ?? "", "--force-replace");
  },
);

testOnHost(
  "--replace works once the VMM has ended",
  `
vmconf add vm --id vm-1 --format result > /dev/null
vmm /run/netns/vmconf-vm-1 tap-eth0
failing vmconf add vm --id vm-1 --format result --replace
kill $vmm
wait $vmm 2>/dev/null || true
vmconf add vm --id vm-1 --format result --replace > /dev/null
vmconf check --id vm-1`,
  "in-use\n",
);

testOnHost(
  "the open tap of one VM does not block the replacement of another",
  `
vmconf add vm --id vm-1 --format result > /dev/null
vmconf add vm6 --id vm-2 --netns vmconf-vm-1 --if-name eth2 --format result > /dev/null
vmm /run/netns/vmconf-vm-1 tap-eth0
failing vmconf add vm --id vm-1 --replace --format result
vmconf add vm6 --id vm-2 --netns vmconf-vm-1 --if-name eth2 --replace --format result > /dev/null
kill $vmm`,
  "in-use\n",
);

testOnHost(
  "--replace notices a tap that somebody added to the attachment",
  `
vmconf add plain --id vm-1 --format result > /dev/null
ip -n vmconf-vm-1 tuntap add dev qemu mode tap
ip -n vmconf-vm-1 link set qemu up
vmm /run/netns/vmconf-vm-1 qemu
before
failing vmconf add plain --id vm-1 --replace --format result
same
kill $vmm`,
  "in-use\nunchanged\n",
);

// A2: everything is checked before anything is changed

testOnHost(
  "errors that can be found beforehand are reported before any plugin is run",
  `
cat > /run/bin/log <<'END'
#!/bin/sh
echo "$CNI_COMMAND" >> /run/notes/called
cat > /dev/null
END
chmod +x /run/bin/log
network() { echo "{\\"cniVersion\\":\\"1.0.0\\",\\"name\\":\\"$1\\",\\"plugins\\":[{\\"type\\":\\"log\\"},$2]}" > /run/net.d/$1.conflist; }
network logged '{"type":"log"}'
network half '{"type":"absent"}'
network unaddressed '{"type":"ptp","ipam":{"type":"absent"}}'
network strange '{"type":"log","name":7,"ipam":{"type":"../x"}}'
mkdir /run/out
echo mine > /run/out/result.json
for name in /run/out/logged-eth0.json /run/out/ip.txt; do echo mine > $name; done
mkdir -p /run/cni/results /run/cni/vmconf/locks /run/cni/vmconf/netns /run/cni/vmconf/unfinished
before
try() { failing vmconf add "$@" --id vm-1; }
try logged --format result -o /run/out
try logged --format firecracker --firecracker-version nonsense
try logged --format dracut --dialect nonsense
try logged --format qemu --qemu-device nonsense
try logged --format cloud-init --hostname 'a b'
try logged --format ip --hostname name
try logged --format nonsense
try logged --format ip --vm-if-name 'a b'
try logged --format result --if-name a/b
try logged --format result --if-name eth0 --if-name eth1
try logged logged --format result --if-name eth0 --if-name eth0
try logged --format result --mtu nonsense --format json
try logged --format result --netns relative/path
try logged --format result --netns /run/out
try logged --format result --netns /run/absent/netns
try logged half --format result
try logged unaddressed --format result
try logged nowhere --format result
try logged strange --format result
failing vmconf add logged --id 'a b' --format result
same
[ -e /run/notes/called ] || echo nothing was run`,
  `${
    [
      "unwritable-output",
      "invalid-option",
      "invalid-option",
      "invalid-option",
      "invalid-option",
      "usage",
      "usage",
      "invalid-conf",
      "invalid-attachment",
      "usage",
      "invalid-attachment",
      "usage",
      "invalid-attachment",
      "invalid-netns",
      "invalid-netns",
      "no-plugin",
      "no-plugin",
      "no-network",
      "invalid-network",
      "invalid-attachment",
    ].join("\n")
  }\nunchanged\nnothing was run\n`,
);

testOnHost(
  "a second add does not change the network if an output file already exists",
  `
vmconf add vm --id vm-1 --format ip -o /run/out 2>/dev/null
before
failing vmconf add vm --id vm-1 --format ip -o /run/out
failing vmconf add vm --id vm-1 --format ip -o /run/out --replace
same
vmconf check --id vm-1`,
  "unwritable-output\nunwritable-output\nunchanged\n",
);

testOnHost(
  "if the output cannot be written, what this run did is undone and nothing else",
  `
vmconf add plain --id vm-1 --format result > /dev/null
mkdir /run/full
mount -t tmpfs -o size=4k,nr_inodes=2 tmpfs /run/full
before
failing vmconf add vm --id vm-2 --format ip -o /run/full/out
failing vmconf add vm --id vm-1 --if-name eth1 --format ip -o /run/full/out
full() { vmconf "$@" > /dev/full; }
failing full add vm --id vm-2 --format ip
everything | grep -v 'last_reserved_ip\\|/run/ipam' > /run/notes/after
grep -v 'last_reserved_ip\\|/run/ipam' /run/notes/before | diff - /run/notes/after && echo unchanged
vmconf check --id vm-1`,
  "unwritable-output\nunwritable-output\nunwritable-output\nunchanged\n",
);

testOnHost(
  "a network that fails leaves what an earlier run added to the same VM",
  `
vmconf add tiny --id c-1 --format result > /dev/null
vmconf add plain --id vm-1 --format result > /dev/null
state > /run/notes/state
failing vmconf add tiny --id vm-1 --if-name eth1 --format result
failing vmconf add plain tiny --id vm-1 --if-name eth1 --if-name eth2 --format result
state | diff /run/notes/state - && echo unchanged
vmconf check --id vm-1`,
  "plugin-failed\nplugin-failed\nunchanged\n",
);

// A3: interfaces without a record, and those of others

const FLAGS = [
  "",
  "--replace",
  "--force-replace",
  "--ignore-leftovers",
  "--replace --ignore-leftovers",
];

/** Adds with every flag that might seem to allow it. */
const WITH_EVERY_FLAG = `
with_every_flag() {
  for flags in ${FLAGS.map((flag) => `'${flag}'`).join(" ")}; do
    failing vmconf add "$@" $flags
  done
}`;

testUnless(
  noHost,
  "an interface that somebody made by hand is kept, whatever the flags",
  async () => {
    const stdout = await printOnHost(`
${WITH_EVERY_FLAG}
ip netns add pod
ip -n pod link add eth0 type veth peer name eth9
mkdir -p /run/cni/results /run/cni/vmconf/locks /run/cni/vmconf/netns /run/cni/vmconf/unfinished
chmod 700 /run/cni /run/cni/*
before
with_every_flag plain --id vm-1 --netns pod --format result
message | head -1
same`);
    const lines = stdout.trimEnd().split("\n");
    assertEquals(lines.slice(0, -2), FLAGS.map(() => "in-use"));
    assertMatch(
      lines.at(-2) ?? "",
      /"\/run\/netns\/pod" has a device "eth0" that nobody recorded; nothing was changed$/,
    );
    assertEquals(lines.at(-1), "unchanged");
  },
);

testUnless(
  noHost,
  "an interface of another container is kept, whatever the flags, and the error names its container",
  async () => {
    const stdout = await printOnHost(`
${WITH_EVERY_FLAG}
ip netns add pod
touch /run/bound
mount --bind /run/netns/pod /run/bound
ln -s /run/netns/pod /run/link
vmconf add plain --id c-1 --netns pod --format result > /dev/null
before
with_every_flag plain --id vm-1 --netns pod --format result
with_every_flag dual --id vm-1 --netns /run/bound --format result
with_every_flag dual --id c-1 --netns /run/link --format result
message | head -1
same
vmconf add plain --id a --if-name eth1 --format result > /dev/null
vmconf add dual --id b --netns vmconf-a --format result > /dev/null
with_every_flag dual --id a --format result
vmconf check --id b`);
    const lines = stdout.trimEnd().split("\n");
    const refused = [...FLAGS, ...FLAGS, ...FLAGS].map(() => "in-use");
    assertEquals(lines.slice(0, refused.length), refused);
    const [message, unchanged, ...beside] = lines.slice(refused.length);
    assertEquals(beside, FLAGS.map(() => "in-use"));
    assertMatch(
      message ?? "",
      /it belongs to container "c-1", which vmconf added to network "plain"; nothing was changed$/,
    );
    assertEquals(unchanged, "unchanged");
  },
);

testOnHost(
  "a record that cannot be used does not allow deleting an interface",
  `
${WITH_EVERY_FLAG}
ip netns add pod
ip -n pod link add eth0 type veth peer name eth9
mkdir -p /run/cni/results /run/cni/vmconf/locks /run/cni/vmconf/netns /run/cni/vmconf/unfinished
for text in '' '{' '{"cniVersion":"1.0.0","ips":[]}'; do
  printf %s "$text" > /run/cni/results/plain-vm-1-eth0
  before
  with_every_flag plain --id vm-1 --netns pod --format result | sort -u
  same
done`,
  "in-use\nunchanged\n".repeat(3),
);

testOnHost(
  "an attachment of an earlier boot does not allow deleting an interface of this boot",
  `
ip netns add pod
vmconf add plain --id vm-1 --netns pod --format result > /dev/null
edited /run/cni/results/plain-vm-1-eth0 '.vmconf.netns.bootId = "another"'
before
failing vmconf add plain --id vm-1 --netns pod --format result
failing vmconf add plain --id vm-1 --netns pod --format result --force-replace
same
ip netns del pod
ip netns add pod
vmconf add plain --id vm-1 --netns pod --format result > /dev/null
vmconf check --id vm-1`,
  "in-use\nin-use\nunchanged\n",
);

testOnHost(
  "an unfinished attachment of a namespace that was replaced does not reach the new one",
  `
ip netns add pod
vmconf add plain --id vm-1 --netns pod --format result > /dev/null
edited /run/cni/results/plain-vm-1-eth0 '.vmconf.isComplete = false'
ip netns del pod
ip netns add pod
ip -n pod link add eth0 type veth peer name eth9
before
failing vmconf add plain --id vm-1 --netns pod --format result
same
vmconf del --id vm-1
ip -n pod -br link show eth0 | cut -d@ -f1
state | grep -c 'vm-1\\|10\\.87' || true`,
  "in-use\nunchanged\neth0\n0\n",
);

testOnHost(
  "two containers whose records have the same file name are distinguished",
  `
ip netns add one
ip netns add two
vmconf add plain --id a-b --if-name c --netns one --format result > /dev/null
before
failing vmconf add plain --id a --if-name b-c --netns two --format result
failing vmconf add plain --id a --if-name b-c --netns two --format result --force-replace
failing vmconf del plain --id a --if-name b-c --netns two
failing vmconf del plain --id a --if-name b-c
same
vmconf check --id a-b`,
  "in-use\nin-use\nin-use\nin-use\nunchanged\n",
);

// A4: plugins whose DEL fails if there is nothing

const HOST_DEVICE = `
echo '{"cniVersion":"1.0.0","name":"device","plugins":[{"type":"host-device","device":"dummy0"}]}' > /run/net.d/device.conflist
ip link add dummy0 type veth peer name dummy9
`;

testOnHost(
  "host-device is added and deleted without a flag",
  `
${HOST_DEVICE}
state > /run/notes/state
vmconf add device --id vm-1 --format result > /dev/null
ip -n vmconf-vm-1 -br link show eth0 | cut -d@ -f1
vmconf del --id vm-1
state | diff /run/notes/state - && echo nothing left`,
  "eth0\nnothing left\n",
);

testOnHost(
  "sbr is added and deleted without a flag",
  `
echo '{"cniVersion":"1.0.0","name":"routed","plugins":[{"type":"ptp","ipam":{"type":"host-local","dataDir":"/run/ipam","ranges":[[{"subnet":"10.89.0.0/24"}]]}},{"type":"sbr"}]}' > /run/net.d/routed.conflist
state > /run/notes/state
# It logs what it does.
vmconf add routed --id vm-1 --format result > /dev/null 2>&1
vmconf del --id vm-1 2> /dev/null
state | diff /run/notes/state - && echo nothing left`,
  "nothing left\n",
);

testUnless(
  noHost,
  "leftovers of host-device that cannot be deleted are reported, and ADD decides",
  async () => {
    const { stdout, stderr } = await runOnHost(`
${HOST_DEVICE}
vmconf add device --id vm-1 --format result > /dev/null
vmconf del --id vm-1
vmconf add device --id vm-1 --netns other --format result > /dev/null
edited /run/cni/results/device-vm-1-eth0 '.vmconf.isComplete = false | del(.result)'
ip netns exec other ip link set eth0 netns 1 2>/dev/null || nsenter --net=/run/netns/other ip link set eth0 netns $$
ip link set eth0 name dummy0
vmconf add device --id vm-1 --netns other --format result > /dev/null
vmconf check --id vm-1
vmconf del --id vm-1
ip -br link show dummy0 | cut -d@ -f1`);
    assertEquals(stdout, "dummy0\n");
    assertMatch(
      stderr,
      /^vmconf: failed to delete pre-existing CNI network: plugin type="host-device" failed \(delete\): .*\n$/,
    );
  },
);

testUnless(
  noHost,
  "a complete attachment that cannot be deleted is replaced only with --ignore-leftovers",
  async () => {
    const { stdout, stderr } = await runOnHost(`
cat > /run/bin/stuck <<'END'
#!/bin/sh
cat > /dev/null
case $CNI_COMMAND in
ADD) echo '{"cniVersion":"1.0.0"}' ;;
DEL) [ -e /run/notes/stuck ] && { echo '{"code":5,"msg":"stuck"}'; exit 1; } ;;
esac
exit 0
END
chmod +x /run/bin/stuck
echo '{"cniVersion":"1.0.0","name":"stuck","plugins":[{"type":"stuck"}]}' > /run/net.d/stuck.conflist
vmconf add stuck --id vm-1 --format result > /dev/null
touch /run/notes/stuck
failing vmconf add stuck --id vm-1 --format result --replace
message | grep -o -- '--ignore-leftovers'
vmconf add stuck --id vm-1 --format result --replace --ignore-leftovers > /dev/null
rm /run/notes/stuck
vmconf del --id vm-1
state`);
    assertStringIncludes(
      stderr,
      'vmconf: failed to delete pre-existing CNI network: plugin type="stuck" failed (delete): stuck\n',
    );
    assertEquals(
      stdout,
      "plugin-failed\n--ignore-leftovers\nlo\n",
    );
  },
);

// A8: containers that share a namespace

const SHARED = `
state > /run/notes/state
vmconf add plain --id a --format result > /dev/null
vmconf add dual --id b --netns vmconf-a --if-name eth1 --format result > /dev/null
ends() { state | diff /run/notes/state - && echo nothing left; }
`;

const ORDERS: Readonly<Record<string, string>> = {
  "its maker first":
    "vmconf del --id a; vmconf check --id b; vmconf del --id b",
  "its maker last": "vmconf del --id b; vmconf check --id a; vmconf del --id a",
  "its maker first, with gc between":
    "vmconf gc; vmconf del --id a; vmconf gc; vmconf check --id b; vmconf del --id b; vmconf gc",
  "its maker last, with gc between":
    "vmconf gc; vmconf del --id b; vmconf gc; vmconf check --id a; vmconf del --id a; vmconf gc",
  "its maker first and again":
    "vmconf del --id a; vmconf del --id a; vmconf check --id b; vmconf del --id b",
  "gc after the namespace is gone":
    "ip netns del vmconf-a; vmconf gc > /dev/null; vmconf gc",
  "gc after one of them has ended":
    "vmconf gc plain --keep a; vmconf gc dual --keep b; vmconf gc dual plain --keep b > /dev/null; vmconf check --id b; vmconf del --id b",
};

for (const [order, commands] of Object.entries(ORDERS)) {
  testOnHost(
    `a namespace stays until the last container in it is deleted: ${order}`,
    `${SHARED}\n${commands}\nends`,
    "nothing left\n",
  );
}

testOnHost(
  "a namespace stays until the last container in it is deleted: by another path",
  `
state > /run/notes/state
vmconf add plain --id a --format result > /dev/null
vmconf add dual --id b --netns /run/./netns/vmconf-a --if-name eth1 --format result > /dev/null
vmconf del --id a
vmconf check --id b
vmconf del --id b
state | diff /run/notes/state - && echo nothing left`,
  "nothing left\n",
);

// A9: what del removes

const REPLACED: Readonly<Record<string, string>> = {
  "another namespace": "ip netns del vmconf-vm-1; ip netns add vmconf-vm-1",
  "a plain file":
    "ip netns del vmconf-vm-1; echo mine > /run/netns/vmconf-vm-1",
  "an empty file": "ip netns del vmconf-vm-1; touch /run/netns/vmconf-vm-1",
  "a folder": "ip netns del vmconf-vm-1; mkdir /run/netns/vmconf-vm-1",
  "a link":
    "ip netns del vmconf-vm-1; ip netns add mine; ln -s /run/netns/mine /run/netns/vmconf-vm-1",
};

/** The namespace still exists below these. */
const COVERED: Readonly<Record<string, string>> = {
  "a mount":
    "echo mine > /run/mine; mount --bind /run/mine /run/netns/vmconf-vm-1",
  "a mount of a namespace":
    "ip netns add mine; mount --bind /run/netns/mine /run/netns/vmconf-vm-1",
};

const LOOK =
  `look() { stat -c '%n %F %i %s' /run/netns/*; grep -c /run/netns/ /proc/self/mounts || true; }`;

for (const [what, replace] of Object.entries(REPLACED)) {
  for (const command of ["del --id vm-1", "gc"]) {
    testOnHost(
      `${command} leaves ${what} at the path of a namespace that add made, and says so`,
      `
vmconf add plain --id vm-1 --format result > /dev/null
${replace}
${LOOK}
look > /run/notes/look
failing vmconf ${command}
message | grep -o 'found another file or namespace: it was not removed'
look | diff /run/notes/look - && echo left
vmconf gc
find /run/cni /run/ipam -type f | grep -v 'lock$\\|last_reserved' || true`,
      "in-use\nfound another file or namespace: it was not removed\nleft\n",
    );
  }
}

for (const [what, cover] of Object.entries(COVERED)) {
  for (const command of ["del --id vm-1", "gc"]) {
    testOnHost(
      `${command} changes nothing beneath ${what} on top of a namespace, and says so`,
      `
state > /run/notes/state
vmconf add plain --id vm-1 --format result > /dev/null
${cover}
${LOOK}
look > /run/notes/look
failing vmconf ${command}
message | grep -o 'something is mounted on top of it'
look | diff /run/notes/look - && echo left
umount /run/netns/vmconf-vm-1
[ ! -e /run/netns/mine ] || ip netns del mine
vmconf del --id vm-1
state | diff /run/notes/state - && echo nothing left`,
      "uncertain\nsomething is mounted on top of it\nleft\nnothing left\n",
    );
  }
}

testOnHost(
  "a namespace with the reused inode of another is not mistaken for it",
  `
vmconf add plain --id vm-1 --format result > /dev/null
inode=$(stat -c %i /run/netns/vmconf-vm-1)
for attempt in $(seq 20); do
  ip netns del vmconf-vm-1
  ip netns add vmconf-vm-1
  [ $(stat -c %i /run/netns/vmconf-vm-1) != $inode ] || break
done
failing vmconf del --id vm-1
ip netns list`,
  "in-use\nvmconf-vm-1\n",
);

testOnHost(
  "a note cannot make vmconf remove any file",
  `
vmconf add plain --id vm-1 --format result > /dev/null
echo precious > /run/precious
touch /run/empty
cp /run/cni/vmconf/netns/vm-1 /run/notes/note
vmconf del --id vm-1
for path in /run/precious /run/empty /run/ipam /proc/self/mounts; do
  cp /run/notes/note /run/cni/vmconf/netns/vm-2
  edited /run/cni/vmconf/netns/vm-2 ".netns = \\"$path\\""
  failing vmconf del --id vm-2
  ls -d $path
done`,
  `in-use\n/run/precious\nin-use\n/run/empty\nin-use\n/run/ipam\nuncertain\n/proc/self/mounts\n`,
);

testOnHost(
  "a note or a record under another container's name does not affect a running container",
  `
vmconf add plain --id vm-1 --format result > /dev/null
cp /run/cni/vmconf/netns/vm-1 /run/cni/vmconf/netns/vm-2
cp /run/cni/results/plain-vm-1-eth0 /run/cni/results/plain-vm-2-eth0
vmconf del --id vm-2 2>/dev/null
failing vmconf add plain --id vm-2 --format result
failing vmconf del plain --id vm-2
vmconf gc
vmconf check --id vm-1
vmconf del --id vm-1
vmconf gc
state`,
  "invalid-netns\nin-use\nlo\n",
);

testOnHost(
  "a note of another boot cannot make vmconf remove a namespace of this boot",
  `
vmconf add plain --id vm-1 --format result > /dev/null
edited /run/cni/vmconf/netns/vm-1 '.proof.bootId = "another"'
stat -c %i /run/netns/vmconf-vm-1 > /run/notes/inode
failing vmconf del --id vm-1
stat -c %i /run/netns/vmconf-vm-1 | diff /run/notes/inode - && echo left`,
  "in-use\nleft\n",
);

// del without a record

testOnHost(
  "del of a network without a record keeps another container's interface",
  `
ip netns add pod
vmconf add plain --id c-1 --netns pod --format result > /dev/null
ip netns add hand
ip -n hand link add eth0 type veth peer name eth9
before
failing vmconf del plain --id vm-1 --netns pod
failing vmconf del dual --id vm-1 --netns pod
failing vmconf del dual --id c-1 --netns pod
failing vmconf del plain --id vm-1 --netns hand
same`,
  "in-use\nin-use\nin-use\nin-use\nunchanged\n",
);

testUnless(
  noHost,
  "del of a network without a record deletes by the configuration, and says so",
  async () => {
    const { stdout, stderr } = await runOnHost(`
vmconf add plain --id vm-1 --format result > /dev/null
ip netns del vmconf-vm-1
rm /run/cni/results/* /run/cni/vmconf/netns/*
vmconf del plain --id vm-1
state`);
    assertEquals(stdout, "lo\n");
    assertEquals(
      stderr,
      "vmconf: container vm-1 has no record in network plain: deleted by the network's configuration\n",
    );
  },
);

// Operations that stop halfway, and other mounts

testOnHost(
  "a stopped gc does not change the attachments that it did not reach",
  `
for id in a b c; do vmconf add plain --id $id --format result > /dev/null; done
cat > /run/bin/slow <<'END'
#!/bin/sh
[ $CNI_COMMAND = DEL ] && { kill -INT $PPID; sleep 1; }
[ $CNI_COMMAND = ADD ] && jq .prevResult
exit 0
END
chmod +x /run/bin/slow
jq '.plugins += [{type: "slow"}]' /run/net.d/plain.conflist > /run/notes/plain
mv /run/notes/plain /run/net.d/plain.conflist
vmconf add plain --id d --format result > /dev/null
vmconf gc plain --keep a 2> /dev/null || true
rm /run/bin/slow
plain list --cache-dir /run/cni | grep -c 'alive$'`,
  "3\n",
);

testOnHost(
  "a deletion whose plugin is missing leaves the attachment complete",
  `
vmconf add plain --id a --format result > /dev/null
mv /run/bin/ptp /run/notes/ptp
failing vmconf del --id a
mv /run/notes/ptp /run/bin/ptp
vmconf check --id a && echo well
vmconf gc`,
  "no-plugin\nwell\n",
);

testOnHost(
  "a namespace that was mounted again at its path is the same",
  `
ip netns add mine
ip netns exec mine sleep 600 &
sleep 0.3
vmconf add plain --id a --netns mine --format result > /dev/null
umount /run/netns/mine
mount --bind /proc/$!/ns/net /run/netns/mine
vmconf gc
vmconf check --id a && echo well
vmconf del --id a
kill $!`,
  "well\n",
);

testOnHost(
  "a mount on the folder of namespaces does not mean that they are gone",
  `
vmconf add plain --id a --format result > /dev/null
mount -t tmpfs none /run/netns
failing vmconf gc
failing vmconf del --id a
umount /run/netns
vmconf check --id a && echo well`,
  "uncertain\nuncertain\nwell\n",
);

testOnHost(
  "gc completes although nobody reads its output",
  `
for id in a b c; do vmconf add plain --id $id --format result > /dev/null; ip netns del vmconf-$id; done
vmconf gc | true
plain list --cache-dir /run/cni`,
  "",
);

testOnHost(
  "a namespace is kept while an attachment of another cache folder is in it",
  `
vmconf add plain --id a --format result > /dev/null
mkdir -m 700 /run/cni/b
nested="--conf-dir /run/net.d --bin-dir /run/bin --cache-dir /run/cni/b"
plain add dual --id b --netns vmconf-a --if-name eth1 $nested --format result > /dev/null
vmconf del --id a
ip -n vmconf-a -br link show eth1 | cut -d@ -f1
plain del --id b $nested
vmconf del --id a
ip netns list`,
  "eth1\n",
);
