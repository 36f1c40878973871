import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { NetnsDevice } from "../../mod.ts";
import { denoRun, vmconf } from "../child.ts";
import { hideLibnl, noLibnl } from "./libraries.ts";
import type { Answer } from "./probe.ts";
import { inSandbox, isRoot, noSandbox, testUnless } from "./sandbox.ts";

const SETUP = `
ip netns add a
ip -n a tuntap add dev tap0 mode tap
ip -n a link set tap0 mtu 1400
ip -n a tuntap add dev tap1 mode tap
ip -n a link set tap1 mtu 9001
ip -n a link property add dev tap1 altname other 2>/dev/null || true
ip netns add b
ip -n b tuntap add dev tap0 mode tap
ip -n b link set tap0 mtu 1280
ip netns add gone
ip netns del gone
ip tuntap add dev tap0 mode tap
ip link set tap0 mtu 1333
ip tuntap add dev hosttap mode tap
touch /run/plain
mkfifo /run/fifo
ln -s /run/netns/a /run/link
`;

async function ask(
  setup: string,
  links: readonly NetnsDevice[],
): Promise<Answer[]> {
  const { code, stdout, stderr } = await inSandbox(
    setup,
    denoRun(["-A"], "tests/integration/probe.ts"),
    { stdin: links.map((link) => JSON.stringify(link)).join("\n") },
  );
  assertEquals(code, 0, stderr);
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

function at(netNSPath: string, device = "tap0"): NetnsDevice {
  return { netNSPath, device };
}

const LIBRARIES = [
  { name: "libnl-route", setup: SETUP, missing: noSandbox ?? noLibnl },
  { name: "libc", setup: SETUP + hideLibnl, missing: noSandbox },
];

for (const { name, setup, missing } of LIBRARIES) {
  testUnless(
    missing,
    `${name} gives each device's MTU, never that of the host's device of the same name`,
    async () => {
      const answers = await ask(setup, [
        at("/run/netns/a"),
        at("/run/netns/a", "tap1"),
        at("/run/netns/b"),
        at("/run/link"),
        at("/proc/self/ns/net"),
        at("/run/netns/a"),
      ]);
      assertEquals(
        answers.map(({ mtu }) => mtu),
        [1400, 9001, 1280, 1400, 1333, 1400],
      );
      assertEquals(
        new Set(answers.map(({ library }) => library)),
        new Set([name]),
      );
    },
  );

  testUnless(missing, `${name} tells every fault from the others`, async () => {
    const faults: [NetnsDevice, string, string][] = [
      [
        at("/run/netns/a", "hosttap"),
        "no-device",
        'failed to find MTU: failed to find device "hosttap" in netns "/run/netns/a": did not find expected network device with name "hosttap"',
      ],
      [
        at("/run/netns/a", "tap0:1"),
        "no-device",
        'failed to find MTU: failed to find device "tap0:1" in netns',
      ],
      [
        at("/run/netns/a", "abcdefghijklmnop"),
        "no-device",
        'failed to find MTU: failed to find device "abcdefghijklmnop" in netns',
      ],
      [
        at("/run/netns/a", "tap0\0"),
        "no-device",
        'failed to find MTU: failed to find device "tap0\\x00" in netns',
      ],
      [
        at("/run/netns/a", ""),
        "no-device",
        'failed to find MTU: failed to find device "" in netns',
      ],
      [
        at("/run/netns/gone"),
        "invalid-netns",
        'failed to find netns at path "/run/netns/gone": failed to Statfs "/run/netns/gone": no such file or directory',
      ],
      [
        at("/run/netns/a\0"),
        "invalid-netns",
        'failed to find netns at path "/run/netns/a\\x00": failed to Statfs "/run/netns/a\\x00": invalid argument',
      ],
      [
        at("/run/plain"),
        "invalid-netns",
        'failed to find netns at path "/run/plain": unknown FS magic on "/run/plain": 1021994',
      ],
      [
        at("/run/fifo"),
        "invalid-netns",
        'failed to find netns at path "/run/fifo": unknown FS magic on "/run/fifo": 1021994',
      ],
      [
        at("/proc/self/ns/mnt"),
        "invalid-netns",
        "failed to find MTU: error switching to ns /proc/self/ns/mnt: Error switching to ns /proc/self/ns/mnt: invalid argument",
      ],
      [
        at("/proc/self/status"),
        "invalid-netns",
        "failed to find MTU: error switching to ns /proc/self/status: Error switching to ns /proc/self/status: invalid argument",
      ],
    ];
    const answers = await ask(setup, faults.map(([link]) => link));
    for (const [index, [, code, message]] of faults.entries()) {
      assertEquals(answers[index]?.code, code);
      assert(
        answers[index]?.message?.startsWith(message),
        `${answers[index]?.message} does not begin with ${message}`,
      );
    }
  });

  testUnless(
    missing,
    `${name} leaves the process in its own namespace, with the descriptors it had`,
    async () => {
      const answers = await ask(setup, [
        at("/run/netns/a"), // opens the library
        at("/run/netns/a"),
        at("/run/netns/a", "absent"),
        at("/run/netns/gone"),
        at("/run/plain"),
        at("/proc/self/ns/mnt"),
        at("/run/netns/b"),
      ]);
      const [first] = answers;
      for (const { before, after } of answers) {
        assertEquals(after, before);
        assertEquals(after.namespace, first?.before.namespace);
      }
    },
  );
}

testUnless(
  isRoot ? noSandbox : "not root",
  "who may come back but not enter is told so, and never answered for the wrong namespace",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      "ip netns add a",
      [
        "unshare",
        "--user",
        "--map-root-user",
        "--net",
        ...vmconf(["--allow-ffi"], "mtu", "/run/netns/a", "lo"),
      ],
    );
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, "operation not permitted");
  },
);

testUnless(
  isRoot ? noSandbox : "not root",
  "who may enter but not come back is told so before entering",
  async () => {
    const { code, stdout, stderr } = await inSandbox("", [
      "unshare",
      "--user",
      "--map-root-user",
      "sh",
      "-c",
      'unshare --net sleep 10 & other=$!; sleep 0.5; "$@" mtu /proc/$other/ns/net lo; code=$?; kill $other; exit $code',
      "sh",
      ...vmconf(["--allow-ffi"]),
    ]);
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, "operation not permitted");
  },
);
