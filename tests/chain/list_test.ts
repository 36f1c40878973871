/** What `list` shows. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { assertValid } from "../cli/printed_schema.ts";
import { testUnless } from "../integration/sandbox.ts";
import { noHost, runOnHost, testOnHost } from "./host.ts";
import { buildLibcniProgram, noLibcni } from "./libcni_program.ts";

testOnHost(
  "list shows each VM, its addresses, and whether its namespace is there",
  `
vmconf add vm --id alive --format result > /dev/null
vmconf add plain --id gone --format result > /dev/null
ip netns del vmconf-gone
vmconf add plain --id half --format result > /dev/null
edited /run/cni/results/plain-half-eth0 '.vmconf.isComplete = false'
before times
plain list --cache-dir /run/cni
same times`,
  `ID     NETWORK  IF    TAP       MAC                STATE
alive  vm       eth0  tap-eth0  02:00:00:00:00:01  alive
  10.84.0.2/24 in /run/netns/vmconf-alive (by vmconf)
gone   plain    eth0  -         -                  gone
  10.87.0.2/24 in /run/netns/vmconf-gone (by vmconf)
half   plain    eth0  -         -                  alive, incomplete
  10.87.0.3/24 in /run/netns/vmconf-half (by vmconf)
unchanged
`,
);

testUnless(
  noHost,
  "list needs at most 80 columns, whatever the ids and paths are",
  async () => {
    const { stdout, stderr } = await runOnHost(`
id=$(printf 'x%.0s' $(seq 150))
vmconf add vm6 --id $id --format result > /dev/null
vmconf add vm --id short --format result > /dev/null
plain list --cache-dir /run/cni`);
    assertEquals(stderr, "");
    const words = stdout.split("\n").flatMap((line) => line.split(/ +/));
    for (const line of stdout.split("\n")) {
      // Text without spaces is not broken, so that it can be copied.
      const isWord = line.trim().split(" ").length === 1;
      assert(isWord || line.length <= 80, line);
    }
    assert(words.includes("short") && words.includes("x".repeat(150)));
  },
);

testUnless(
  noHost,
  "list --id shows one VM, and list --json matches its schema",
  async () => {
    const { stdout, stderr } = await runOnHost(`
list() { plain list --cache-dir /run/cni --json "$@"; }
list
vmconf add vm --id vm-1 --format result > /dev/null
vmconf add plain --id vm-2 --format result > /dev/null
vmconf add plain --id vm-3 --if-name vm-2 --format result > /dev/null
list
list --id vm-2
unshare --mount sh -c 'mount -t tmpfs tmpfs /run/netns; . /run/notes/commands; plain list --cache-dir /run/cni --json --id vm-1'`);
    assertEquals(stderr, "");
    const texts = stdout.trimEnd().split("\n");
    await assertValid("list", texts);
    const [none, all, one, elsewhere] = texts.map((text) => JSON.parse(text));
    assertEquals(none, { attachments: [], unusable: [] });
    const ids = (list: typeof none) =>
      list.attachments.map((it: { containerID: string }) => it.containerID);
    assertEquals(ids(all), ["vm-1", "vm-2", "vm-3"]);
    assertEquals(ids(one), ["vm-2"]);
    assertEquals(all.attachments[0], {
      containerID: "vm-1",
      network: "vm",
      ifName: "eth0",
      tapName: "tap-eth0",
      macAddr: "02:00:00:00:00:01",
      addresses: ["10.84.0.2/24"],
      netNSPath: "/run/netns/vmconf-vm-1",
      netns: "alive",
      complete: true,
      by: "vmconf",
    });
    assertEquals(elsewhere.attachments[0].netns, "unknown");
    assertEquals(
      elsewhere.attachments[0].netnsReason,
      "it was made in another mount namespace",
    );
  },
);

testUnless(
  noHost,
  "list reports records that cannot be used, and exits with 1",
  async () => {
    const { stdout, stderr } = await runOnHost(`
mkdir -p -m 755 /run/cni/results
echo '{' > /run/cni/results/plain-vm-1-eth0
mkfifo /run/cni/results/plain-vm-2-eth0
ln -s /etc/passwd /run/cni/results/plain-vm-3-eth0
vmconf_list() { plain list --cache-dir /run/cni "$@"; }
vmconf_list || echo "exit code $?"
vmconf_list --json > /run/notes/json || echo "exit code $?"
jq -r '.unusable[].file' /run/notes/json
vmconf_list --id vm-2 --json | jq -r '.unusable[].file'`);
    assertEquals(
      stdout,
      `exit code 1
exit code 1
plain-vm-1-eth0
plain-vm-2-eth0
plain-vm-3-eth0
plain-vm-2-eth0
`,
    );
    for (
      const reason of [
        "it is not a JSON document",
        "it is not a plain file",
        "a link",
      ]
    ) {
      assertStringIncludes(stderr, reason);
    }
  },
);

testUnless(
  noLibcni,
  "list shows who added a VM",
  async () => {
    const libcni = await buildLibcniProgram();
    const { stdout, stderr } = await runOnHost(`
ip netns add pod
${libcni} add plain pod-1 /run/netns/pod eth0
vmconf add plain --id vm-1 --format result > /dev/null
plain list --cache-dir /run/cni --json | jq -r '.attachments[] | .containerID + " " + .by + " " + .netns'
plain list --cache-dir /run/cni | grep -c '(by another runtime)'`);
    assertEquals(stderr, "");
    assertEquals(stdout, "pod-1 other alive\nvm-1 vmconf alive\n1\n");
  },
);
