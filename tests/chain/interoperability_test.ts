/**
 * What other runtimes recorded: libcni of several versions, cnitool, and
 * firecracker-go-sdk. Whatever they can check and delete, vmconf can.
 */
import { assertEquals } from "@std/assert";
import { testUnless } from "../integration/sandbox.ts";
import { buildLibcniProgram, noLibcni } from "./libcni_program.ts";
import { noPlugins, runInPlace, testInPlace } from "./place.ts";

const NETNS = "/run/netns/mine";

/** Shell functions that call libcni and change its records. */
async function buildTools(network = "full"): Promise<string> {
  return `
libcni() { command=$1; shift; ${await buildLibcniProgram()} $command ${network} vm-1 ${NETNS} eth0; }
record=/run/cni/results/${network}-vm-1-eth0
edit() { jq "$@" $record > /run/edited; cat /run/edited > $record; }
config() { jq "$@" /run/net.d/${network}.conflist > /run/edited; cat /run/edited > /run/net.d/${network}.conflist; }
ip netns add mine
state > /run/before
left() { state | grep -v /locks/ | diff /run/before - && echo nothing left; }
PORTS='{"portMappings":[{"hostPort":8081,"containerPort":80,"protocol":"tcp"}]}'
`;
}

/** Tests what a script prints that has these functions. */
function testWithLibcni(
  name: string,
  network: string,
  script: string,
  expected: string,
): void {
  testUnless(noLibcni, name, async () => {
    const { stdout, stderr } = await runInPlace(
      `${await buildTools(network)}${script}`,
    );
    assertEquals([stderr, stdout], ["", expected]);
  });
}

// Versions

for (const version of ["0.3.0", "0.3.1", "0.4.0", "1.0.0"]) {
  const old = version < "0.4.0";
  const refusal =
    `configuration version "${version}" does not support the CHECK command`;

  const sides = {
    "vmconf checks and deletes what libcni added": `
libcni add
vmconf check --id vm-1 2>&1 | grep -o 'configuration version.*' || echo checked
vmconf del --id vm-1`,
    "libcni checks and deletes what vmconf added": `
vmconf add vm --id vm-1 --netns mine --format result > /dev/null
libcni check 2>&1 | grep -o 'configuration version.*' || echo checked
libcni del`,
  };
  for (const [name, script] of Object.entries(sides)) {
    testWithLibcni(
      `${name} in ${version}`,
      "vm",
      `
config '.cniVersion = "${version}" | .plugins[1].type = "speaks"'
sed 's/"supportedVersions":.*\\]/"supportedVersions":["0.3.0","0.3.1","0.4.0","1.0.0"]/' /run/bin/vm-tap > /run/bin/speaks
chmod +x /run/bin/speaks
${script}
left`,
      `${old ? refusal : "checked"}\nnothing left\n`,
    );
  }
}

/** A plugin that answers in its library's version, whatever was asked for. */
const buildAnsweringPlugin = (version: string) => `
cat > /run/bin/library <<'END'
#!/bin/sh
case $CNI_COMMAND in
VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["0.3.1","0.4.0","1.0.0","1.1.0"]}' ;;
ADD) jq '.prevResult | .cniVersion = "${version}"${
  version < "1.0.0" ? ' | .ips |= map(. + {version: "4"})' : ""
}' ;;
*) jq -e '.prevResult.cniVersion == .cniVersion' > /dev/null || { echo '{"code":7,"msg":"wrong version"}'; exit 1; } ;;
esac
END
chmod +x /run/bin/library
`;

for (const version of ["0.4.0", "1.1.0"]) {
  testWithLibcni(
    `a network whose last plugin answers in ${version} although 1.0.0 was asked for is checked and deleted`,
    "plain",
    `
${buildAnsweringPlugin(version)}
config '.plugins += [{type: "library"}]'
vmconf add plain --id vm-1 --netns mine --format result | jq -r .cniVersion
vmconf check --id vm-1
vmconf del --id vm-1
left
vmconf add plain --id vm-1 --netns mine --format result > /dev/null
libcni check
libcni del
left
# libcni of that version would have recorded what the plugin answered.
vmconf add plain --id vm-1 --netns mine --format result > /dev/null
edit 'del(.vmconf) | .result.cniVersion = "${version}"${
      version < "1.0.0" ? ' | .result.ips |= map(. + {version: "4"})' : ""
    }'
vmconf check --id vm-1
vmconf del --id vm-1
left`,
    `1.0.0\n${"nothing left\n".repeat(3)}`,
  );
}

// Records of other versions of libcni, and damaged ones

/** Changes of libcni's record, and what vmconf says. */
const RECORDS: Readonly<Record<string, readonly [edit: string, note: string]>> =
  {
    "by libcni 0.7, with the result alone": [
      "edit .result",
      "libcni before 0.8 wrote it: it only has the result",
    ],
    "by libcni 1.3, with the namespace": [`edit '.netns = "${NETNS}"'`, ""],
    "with members that nobody knows": ["edit '.more = {}'", ""],
  };

for (const [how, [edit, note]] of Object.entries(RECORDS)) {
  testUnless(
    noLibcni,
    `vmconf checks and deletes what was recorded ${how}`,
    async () => {
      const { stdout, stderr } = await runInPlace(`${await buildTools()}
libcni add
${edit}
libcni check
vmconf check --id vm-1
vmconf del --id vm-1 --capability-args "$PORTS"
left`);
      const told = note === ""
        ? ""
        : `vmconf: full-vm-1-eth0: ${note}: deleted by the configuration of network full\n`;
      assertEquals([stderr, stdout], [told, "nothing left\n"]);
    },
  );
}

for (
  const [how, edit] of Object.entries({
    truncated: "head -c 200 $record > /run/edited; cat /run/edited > $record",
    empty: ": > $record",
  })
) {
  testWithLibcni(
    `vmconf deletes with a record of libcni that is ${how} if the request names the namespace`,
    "vm",
    `
libcni add
${edit}
state > /run/added
vmconf del --id vm-1 2> /run/err || echo "exit code $?"
grep -o 'hint: Give its path.*PATH' /run/err
state | diff /run/added - && echo nothing changed
vmconf del --id vm-1 --netns mine 2> /run/err
grep -o 'deleted by the configuration of network vm' /run/err
left`,
    `exit code 1
hint: Give its path, or its former path: --netns PATH
nothing changed
deleted by the configuration of network vm
nothing left
`,
  );
}

testInPlace(
  "a truncated record is no obstacle if add made the VM's namespace",
  `
state > /run/before
add() { vmconf add vm --id vm-1 --format result "$@" > /dev/null; }
truncate() { head -c 200 /run/cni/results/vm-vm-1-eth0 > /run/half; cat /run/half > /run/cni/results/vm-vm-1-eth0; }
add
truncate
vmconf del --id vm-1 2> /dev/null
state | diff /run/before - && echo nothing left
add
truncate
add 2> /run/err || echo "exit code $?"
grep -o 'it is already attached; nothing was changed' /run/err
add --replace 2> /dev/null && echo added
vmconf check --id vm-1
vmconf del --id vm-1
state | diff /run/before - && echo nothing left`,
  `nothing left
exit code 1
it is already attached; nothing was changed
added
nothing left
`,
);

// Plugins from the network's folder: libcni 1.3 keeps only the list's own text

testUnless(
  noLibcni,
  "plugins from the network's folder are checked and deleted, although libcni does not record them",
  async () => {
    const { stdout, stderr } = await runInPlace(`${await buildTools()}
libcni add
# The same network, as libcni 1.3 would have found and recorded it.
mkdir /run/net.d/full
jq '.plugins[1]' /run/net.d/full.conflist > /run/net.d/full/1.conf
jq '.plugins[2]' /run/net.d/full.conflist > /run/net.d/full/2.conf
jq '.plugins[3]' /run/net.d/full.conflist > /run/net.d/full/3.conf
config '.plugins |= .[:1] | del(.disableCheck)'
edit --arg config "$(base64 -w0 /run/net.d/full.conflist)" '.config = $config | .netns = "${NETNS}"'
vmconf check --id vm-1 --verbose 2>&1 | grep -o 'CHECK [^ ]*: stdin'
vmconf del --id vm-1
left`);
    assertEquals(stderr, "");
    const checked = ["ptp", "portmap", "firewall", "vm-tap"]
      .map((plugin) => `CHECK ${plugin}: stdin\n`).join("");
    assertEquals(stdout, `${checked}nothing left\n`);
  },
);

testUnless(
  noLibcni,
  "plugins from the network's folder are left out if the list says so",
  async () => {
    const { stdout, stderr } = await runInPlace(`${await buildTools("vm")}
config '.loadOnlyInlinedPlugins = true'
libcni add
mkdir /run/net.d/vm
echo '{"type":"never"}' > /run/net.d/vm/1.conf
printf '#!/bin/sh\\nexit 1\\n' > /run/bin/never
chmod +x /run/bin/never
vmconf check --id vm-1
vmconf del --id vm-1
left
vmconf add vm --id vm-1 --netns mine --format result > /dev/null
vmconf del --id vm-1
left`);
    assertEquals([stderr, stdout], ["", "nothing left\nnothing left\n"]);
  },
);

// Nothing to delete, and records in other folders

testUnless(noPlugins, "del that finds nothing says so", async () => {
  const { stdout, stderr } = await runInPlace(`
vmconf del --id nobody
vmconf del plain --id nobody && echo done`);
  assertEquals(stdout, "done\n");
  assertEquals(
    stderr,
    `vmconf: container nobody has no record here, so nothing was deleted
vmconf: container nobody has no record in network plain: deleted by the network's configuration
`,
  );
});

testUnless(
  noLibcni,
  "del names the flags that reach what firecracker-go-sdk added, and changes nothing without them",
  async () => {
    const { stdout, stderr } = await runInPlace(`${await buildTools("vm")}
libcni add
mkdir /run/cni/vm-1
mv /run/cni/results /run/cni/vm-1
mkdir /run/conf.d
cp /run/net.d/vm.conflist /run/conf.d
state > /run/added
for networks in '' vm; do
  vmconf del $networks --id vm-1 2> /run/err || echo "exit code $?"
  grep -o 'it has no record in "/run/cni", but in "/run/cni/vm-1"' /run/err
  grep -o 'vmconf del --id vm-1 --cache-dir /run/cni/vm-1 --conf-dir /etc/cni/conf.d' /run/err
  vmconf del $networks --id vm-1 --dry-run 2> /dev/null || echo "exit code $?"
done
state | diff /run/added - && echo nothing changed
plain del --id vm-1 --cache-dir /run/cni/vm-1 --conf-dir /run/conf.d --bin-dir /run/bin
left`);
    assertEquals(stderr, "");
    const once = `exit code 1
it has no record in "/run/cni", but in "/run/cni/vm-1"
vmconf del --id vm-1 --cache-dir /run/cni/vm-1 --conf-dir /etc/cni/conf.d
exit code 1
`;
    assertEquals(stdout, `${once}${once}nothing changed\nnothing left\n`);
  },
);

testUnless(
  noLibcni,
  "gc knows the attachments of firecracker-go-sdk, and leaves them",
  async () => {
    const { stdout, stderr } = await runInPlace(`${await buildTools("vm")}
libcni add
mkdir /run/cni/vm-1
mv /run/cni/results /run/cni/vm-1
state > /run/added
vmconf gc
vmconf gc --all
state | diff /run/added - && echo nothing changed`);
    assertEquals([stderr, stdout], ["", "nothing changed\n"]);
  },
);
