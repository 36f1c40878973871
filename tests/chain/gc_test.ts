/** What gc deletes, and what it keeps. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { denoRun, notInstalled, vmconf } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import type { Blind } from "./blind.ts";
import { noHost, printOnHost, runOnHost, testOnHost } from "./host.ts";
import { buildLibcniProgram, noLibcni } from "./libcni_program.ts";
import { DIRS } from "./place.ts";

// A5: what cannot be examined

for (const operation of ["gc", "add", "replace", "del"]) {
  testUnless(
    noHost,
    `whichever call fails during ${operation}, a running VM is not harmed`,
    async () => {
      const probe = denoRun(["-A"], "tests/chain/blind.ts", operation)
        .map((word) => `'${word}'`).join(" ");
      const { stdout, stderr } = await runOnHost(`
vmconf add vm --id vm-1 --format result > /dev/null
vmm /run/netns/vmconf-vm-1 tap-eth0
${probe}
kill $vmm`);
      assertEquals(stderr, "");
      const { failures, harmful }: Blind = JSON.parse(stdout);
      assertEquals(harmful, []);
      assert(failures > 100, `${failures} calls failed`);
    },
  );
}

/** The command without root's right to read everything. */
const RESTRICTED = [
  "setpriv",
  "--bounding-set=-dac_override,-dac_read_search",
  ...vmconf(["--allow-all"]),
].map((word) => `'${word}'`).join(" ");

testUnless(
  noHost ?? await notInstalled("setpriv"),
  "gc keeps and reports what it may not examine",
  async () => {
    const stdout = await printOnHost(`
restricted() { command=$1; shift; ${RESTRICTED} "$command" ${
      DIRS.join(" ")
    } "$@"; }
vmconf add plain --id vm-1 --format result > /dev/null
vmconf add plain --id vm-2 --format result > /dev/null
edited /run/cni/results/plain-vm-2-eth0 '.vmconf.isComplete = false'
before
chmod 000 /run/netns
failing restricted gc
message
failing restricted gc plain --keep vm-1
failing restricted add plain --id vm-1 --format result
failing restricted add plain --id vm-2 --format result
chmod 755 /run/netns
same
vmconf gc
vmconf check --id vm-1`);
    assertMatch(
      stdout,
      /^uncertain\nCannot tell whether container "vm-2" of network "plain" is alive in "\/run\/netns\/vmconf-vm-2": permission denied; it was kept\nCannot tell whether container "vm-1" of network "plain" is alive in "\/run\/netns\/vmconf-vm-1": permission denied; it was kept\n/m,
    );
    assertEquals(stdout.split("\n").slice(-6), [
      "uncertain",
      "uncertain",
      "uncertain",
      "unchanged",
      "plain vm-2 eth0",
      "",
    ]);
  },
);

// A6: other mount namespaces

const HIDDEN: Readonly<Record<string, string>> = {
  "an empty folder of namespaces": "mount -t tmpfs tmpfs /run/netns",
  "the namespaces unmounted": "umount /run/netns/vmconf-*",
  "other namespaces at their paths":
    "touch /run/other; unshare --net=/run/other true; for it in /run/netns/*; do umount $it; mount --bind /run/other $it; done",
};

for (const [what, hide] of Object.entries(HIDDEN)) {
  testOnHost(
    `gc in another mount namespace, with ${what}, keeps the VM and says so`,
    `
vmconf add plain --id vm-1 --format result > /dev/null
vmconf add plain --id vm-2 --format result > /dev/null
edited /run/cni/results/plain-vm-2-eth0 '.vmconf.isComplete = false'
mkdir -p /run/mount
before
elsewhere private '${hide}
failing vmconf gc
message | grep -c "it was made in another mount namespace; it was kept"
failing vmconf add plain --id vm-1 --format result --force-replace
failing vmconf add plain --id vm-2 --format result'
rm -rf /run/other /run/mount/*
same
vmconf check --id vm-1`,
    "uncertain\n2\nuncertain\nuncertain\nunchanged\n",
  );
}

testOnHost(
  "everything works in another mount namespace that shows the namespaces",
  `
state > /run/notes/state
vmconf add plain --id vm-1 --format result > /dev/null
vmconf add plain --id vm-2 --format result > /dev/null
vmconf add plain --id vm-3 --format result > /dev/null
elsewhere private '
vmconf gc
vmconf check --id vm-1
failing vmconf add plain --id vm-1 --format result'
elsewhere shared 'vmconf del --id vm-1
vmconf add plain --id vm-1 --format result > /dev/null
vmconf check --id vm-1'
vmconf check --id vm-1
elsewhere private 'vmconf del --id vm-1'
vmconf del --id vm-2
ip netns del vmconf-vm-3
vmconf gc
state | diff /run/notes/state -`,
  "already-added\nplain vm-3 eth0\n",
);

testOnHost(
  "a namespace of another boot is gone, and what is at its path now is not touched",
  `
for id in vm-1 vm-2; do vmconf add plain --id $id --format result > /dev/null; done
ip netns del vmconf-vm-2
for id in vm-1 vm-2; do
  edited /run/cni/results/plain-$id-eth0 '.vmconf.netns.bootId = "another" | .vmconf.netns.mountNamespace = "1"'
  edited /run/cni/vmconf/netns/$id '.proof.bootId = "another"'
done
stat -c %i /run/netns/vmconf-vm-1 > /run/notes/inode
vmconf gc 2> /run/notes/said || echo "exit code $?"
grep -c 'it was not removed' /run/notes/said
stat -c %i /run/netns/vmconf-vm-1 | diff /run/notes/inode - && echo left
vmconf gc
ls /run/cni/results /run/cni/vmconf/netns`,
  `plain vm-2 eth0\nplain vm-1 eth0\nexit code 1\n1\nleft\n/run/cni/results:\n\n/run/cni/vmconf/netns:\n`,
);

// A7: gc excludes add and del

/** A chain of CNI 1.1 whose second plugin waits for a file and supports GC. */
const SLOW = `
cat > /run/bin/slow <<'END'
#!/bin/sh
request=$(cat)
log() { echo "$CNI_COMMAND $1 $CNI_CONTAINERID" >> /run/notes/log; }
case $CNI_COMMAND in
VERSION) echo '{"cniVersion":"1.1.0","supportedVersions":["1.0.0","1.1.0"]}'; exit ;;
GC) echo "$request" | jq -c '[.["cni.dev/valid-attachments"][] | .containerID + ":" + .ifname] | sort' > /run/notes/valid ;;
esac
log begins
if [ -e /run/notes/hold-$CNI_COMMAND ]; then
  touch /run/notes/held
  while [ -e /run/notes/hold-$CNI_COMMAND ]; do sleep 0.02; done
fi
log ends
[ $CNI_COMMAND = ADD ] && echo "$request" | jq -c '{cniVersion, ips: [], interfaces: []}'
exit 0
END
chmod +x /run/bin/slow
echo '{"cniVersion":"1.1.0","name":"slow","plugins":[{"type":"slow"}]}' > /run/net.d/slow.conflist
hold() { touch "/run/notes/hold-$1"; rm -f /run/notes/held; }
held() { until [ -e /run/notes/held ]; do sleep 0.02; done; }
go_on() { rm "/run/notes/hold-$1"; }
`;

for (const command of ["ADD", "DEL"]) {
  const start = command === "ADD"
    ? "vmconf add slow --id vm-2 --format result > /dev/null &"
    : "vmconf del --id vm-2 &";
  testOnHost(
    `gc waits for ${command}, and takes what it did into account`,
    `${SLOW}
vmconf add slow --id vm-1 --format result > /dev/null
[ ${command} = ADD ] || vmconf add slow --id vm-2 --format result > /dev/null
rm -f /run/notes/log
hold ${command}
${start}
held
vmconf gc --plugin-gc slow &
gc=$!
sleep 0.5
grep -c GC /run/notes/log || true
go_on ${command}
wait
cat /run/notes/log /run/notes/valid`,
    `0
${command} begins vm-2
${command} ends vm-2
GC begins 
GC ends 
${command === "ADD" ? '["vm-1:eth0","vm-2:eth0"]' : '["vm-1:eth0"]'}
`,
  );
}

testOnHost(
  "add and del wait for gc until the last plugin's GC has ended",
  `${SLOW}
vmconf add slow --id vm-1 --format result > /dev/null
rm -f /run/notes/log
hold GC
vmconf gc --plugin-gc slow &
held
vmconf add slow --id vm-2 --format result > /dev/null &
vmconf del --id vm-1 &
vmconf check --id vm-1 2> /dev/null &
sleep 0.7
cat /run/notes/log
failing vmconf add slow --id vm-3 --format result --timeout 0.2
go_on GC
wait
grep -c 'ADD ends\\|DEL ends' /run/notes/log`,
  "GC begins \nbusy\n2\n",
);

// A10: what --keep and --all delete

const MANY = `
for id in c-1 c-2 c-3; do vmconf add plain --id $id --format result > /dev/null; done
vmconf add dual --id c-1 --if-name eth1 --format result > /dev/null
`;

testOnHost(
  "--keep needs networks and recorded ids, and deletes nothing without them",
  `${MANY}
before
failing vmconf gc --keep c-1
failing vmconf gc plain --keep c-1 --keep typo
message | head -1
failing vmconf gc plain --keep c-1:eth7
failing vmconf gc dual --keep c-2
failing vmconf gc nowhere --keep c-1
failing vmconf gc nowhere
failing vmconf gc --plugin-gc nowhere
same`,
  `usage
not-added
keep: expected an attachment that is recorded in "plain", found "typo"; nothing was deleted
not-added
not-added
no-network
no-network
no-network
unchanged
`,
);

testOnHost(
  "--keep deletes the rest of its networks, and nothing of others",
  `${MANY}
vmconf gc plain --keep c-2
vmconf check --id c-2
vmconf check dual --id c-1
vmconf gc plain dual --keep c-1:eth1 --keep c-2
vmconf gc plain dual --keep c-1:eth1
vmconf check dual --id c-1
state | grep -c veth`,
  "plain c-3 eth0\nplain c-1 eth0\nplain c-2 eth0\n1\n",
);

testUnless(
  noLibcni,
  "what other runtimes recorded stays, unless --all is given and its namespace is gone",
  async () => {
    const libcni = await buildLibcniProgram();
    assertEquals(
      await printOnHost(`
for pod in pod-1 pod-2 pod-3; do
  ip netns add $pod
  ${libcni} add plain $pod /run/netns/$pod eth0
done
vmconf add plain --id vm-1 --format result > /dev/null
ip netns del pod-2
ip netns del pod-3
touch /run/netns/pod-3
vmconf gc
vmconf gc plain
vmconf gc plain --keep vm-1
ls /run/cni/results
vmconf gc --all | sort
vmconf gc plain --keep vm-1 --all
${libcni} check plain pod-1 /run/netns/pod-1 eth0
vmconf check --id vm-1
ls /run/netns`),
      `plain-pod-1-eth0
plain-pod-2-eth0
plain-pod-3-eth0
plain-vm-1-eth0
plain pod-2 eth0
plain pod-3 eth0
pod-1
pod-3
vmconf-vm-1
`,
    );
  },
);

testUnless(
  noLibcni,
  "a namespace stays while another runtime's container shares it",
  async () => {
    const libcni = await buildLibcniProgram();
    assertEquals(
      await printOnHost(`
state > /run/notes/state
vmconf add plain --id vm-1 --format result > /dev/null
${libcni} add dual pod-1 /run/netns/vmconf-vm-1 eth1
vmconf del --id vm-1
vmconf gc
${libcni} check dual pod-1 /run/netns/vmconf-vm-1 eth1
failing vmconf add dual --id vm-1 --if-name eth1 --format result --force-replace
${libcni} del dual pod-1 /run/netns/vmconf-vm-1 eth1
vmconf gc
state | diff /run/notes/state - && echo nothing left`),
      "in-use\nnothing left\n",
    );
  },
);

// A12: the plugins' own GC

testOnHost(
  "plugins are called with GC only for the networks of --plugin-gc",
  `${SLOW}
vmconf add slow --id vm-1 --format result > /dev/null
ip netns del vmconf-vm-1
vmconf gc
vmconf gc slow
vmconf gc plain
grep GC /run/notes/log || echo none
vmconf gc --plugin-gc slow
grep -c GC /run/notes/log`,
  "slow vm-1 eth0\nnone\n2\n",
);

testUnless(
  noLibcni,
  "the valid list of --plugin-gc has the attachments of all cache folders, also of other runtimes",
  async () => {
    const libcni = await buildLibcniProgram();
    assertEquals(
      await printOnHost(`${SLOW}
# libcni of CNI 1.0 does not read 1.1.
echo '{"cniVersion":"1.0.0","name":"slow","plugins":[{"type":"slow"}]}' > /run/net.d/slow.conflist
ip netns add pod
mkdir -p -m 700 /run/cni
${libcni} add slow pod-1 /run/netns/pod eth0
CACHE_DIR=/run/cni/fc-1 ${libcni} add slow fc-1 /run/netns/fc-1 eth0
CACHE_DIR=/run/cni/fc-1 ${libcni} add plain fc-1 /run/netns/pod eth1
echo '{"cniVersion":"1.1.0","name":"slow","plugins":[{"type":"slow"}]}' > /run/net.d/slow.conflist
vmconf add slow --id vm-1 --format result > /dev/null
vmconf gc --plugin-gc slow
cat /run/notes/valid`),
      '["fc-1:eth0","pod-1:eth0","vm-1:eth0"]\n',
    );
  },
);

for (
  const [what, spoil] of Object.entries({
    "a malformed record": "echo '{' > /run/cni/results/plain-x-eth0",
    "a record of an old libcni":
      `echo '{"cniVersion":"0.4.0"}' > /run/cni/results/slow-x-eth0`,
    "a malformed record of another runtime":
      "mkdir -p /run/cni/fc-1/results; echo > /run/cni/fc-1/results/slow-fc-1-eth0",
    "a folder among the records": "mkdir /run/cni/results/slow-x-eth0",
  })
) {
  testUnless(noHost, `${what} stops the plugins' GC`, async () => {
    const { stdout, stderr } = await runOnHost(`${SLOW}
vmconf add slow --id vm-1 --format result > /dev/null
${spoil}
vmconf gc --plugin-gc slow || echo "exit code $?"
grep -c GC /run/notes/log || true`);
    assertEquals(stdout, "exit code 1\n0\n");
    assertStringIncludes(stderr, "Cannot use the record");
  });
}

testUnless(
  noHost,
  "disableGC is obeyed, and help names the risk of --plugin-gc",
  async () => {
    const { stdout, stderr } = await runOnHost(`${SLOW}
edited /run/net.d/slow.conflist '.disableGC = true'
vmconf gc --plugin-gc slow
[ -e /run/notes/log ] || echo none
plain gc --help | tr '\\n' ' ' | grep -o 'If another runtime has its records elsewhere, it loses its addresses and rules.'`);
    assertEquals(stderr, "vmconf: no GC: network slow sets disableGC\n");
    assertEquals(
      stdout,
      "none\nIf another runtime has its records elsewhere, it loses its addresses and rules.\n",
    );
  },
);
