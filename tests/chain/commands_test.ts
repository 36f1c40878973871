/** How the commands of the chain look to a person. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { run, vmconf } from "../child.ts";
import { assertValid } from "../cli/printed_schema.ts";
import { testUnless } from "../integration/sandbox.ts";
import { testInPlace } from "./place.ts";
import { ADD, createNetwork, noRecorder } from "./recorder.ts";

testUnless(
  noRecorder,
  "in a pipe add prints the result and nothing else",
  async () => {
    await using made = createNetwork();
    const { code, stdout, stderr } = await run(made.command(...ADD));
    assertEquals([code, stderr], [0, ""]);
    assertEquals(JSON.parse(stdout).interfaces, [{ name: "by-b" }]);
    await assertValid("result", [stdout], ['{"interfaces":[null]}']);
  },
);

testUnless(
  noRecorder,
  "on a terminal each plugin's progress is shown",
  async () => {
    await using made = createNetwork();
    const words = made.command(...ADD).join(" ");
    const { stdout } = await run(["script", "-qec", words, "/dev/null"]);
    assertStringIncludes(stdout, "\r\x1b[Kvmconf: mynet: ADD a ...\r\x1b[K");
    assertMatch(stdout, /vmconf: mynet: ADD a: done, \d+ ms/);
    assertMatch(stdout, /vmconf: mynet: ADD b: done, \d+ ms/);
  },
);

testUnless(noRecorder, "--verbose shows what is exchanged", async () => {
  await using made = createNetwork();
  made.when("a", "ADD", "echo careful >&2\n");
  const { stderr } = await run(made.command(...ADD, "--verbose"));
  assertStringIncludes(
    stderr,
    'vmconf: mynet: ADD a: stdin: {"type":"a","cniVersion":"1.0.0","name":"mynet"}\n',
  );
  assertStringIncludes(
    stderr,
    "vmconf: mynet: ADD a: environment: CNI_COMMAND=ADD CNI_CONTAINERID=vm-1 ",
  );
  assertStringIncludes(stderr, "vmconf: mynet: ADD a: stderr: careful\n");
});

testUnless(
  noRecorder,
  "arguments and capabilities are given as flags",
  async () => {
    await using made = createNetwork({
      plugins: [{ type: "a", capabilities: { mac: true } }],
    });
    await run(made.command(
      ...ADD,
      "--if-name=net0",
      "--args=K=V;L=a=b",
      '--capability-args={"mac":"02:00:00:00:00:01"}',
    ));
    const call = made.calls().at(-1);
    assertEquals(call?.env.CNI_IFNAME, "net0");
    assertEquals(call?.env.CNI_ARGS, "K=V;L=a=b");
    assertEquals(call?.stdin.runtimeConfig, { mac: "02:00:00:00:00:01" });
  },
);

testUnless(
  noRecorder,
  "without flags the folders of cnitool's variables are used",
  async () => {
    await using made = createNetwork();
    const { stdout } = await run(
      vmconf(
        ["--allow-read", "--allow-run", "--allow-env=NETCONFPATH,CNI_PATH"],
        "status",
      ),
      {
        env: {
          NETCONFPATH: `${made.folder}/net.d`,
          CNI_PATH: `/nowhere:${made.folder}/bin`,
        },
      },
    );
    assertEquals(stdout, "mynet ready, CNI 1.0.0: a, b\n");
  },
);

testUnless(noRecorder, "status and gc give programs JSON", async () => {
  await using made = createNetwork();
  await run(made.command(...ADD));
  await run(made.command(...ADD, "--if-name=eth1"));
  const status = await run(made.command("status", "--json"));
  assertEquals(JSON.parse(status.stdout), [
    { network: "mynet", cniVersion: "1.0.0", plugins: ["a", "b"] },
  ]);
  const gc = await run(
    made.command("gc", "mynet", "--json", "--keep=vm-1:eth1"),
  );
  assertEquals(JSON.parse(gc.stdout), [
    { network: "mynet", containerID: "vm-1", ifName: "eth0" },
  ]);
  await assertValid("status", [status.stdout, "[]"]);
  await assertValid("gc", [gc.stdout, "[]"]);
});

const WRONG: readonly [args: string[], message: string][] = [
  [["add", "mynet"], "Missing flag: expected --id ID"],
  [["add", "--id=vm-1"], "Missing operand: expected NETWORK..., found nothing"],
  [
    [...ADD, "--if-name=a", "--if-name=b"],
    "--if-name: expected at most 1, one for each NETWORK, found 2",
  ],
  [[...ADD, "--args=K"], '--args: expected K=V, found "K"'],
  [
    [...ADD, "--capability-args=[]"],
    '--capability-args: expected a JSON object, found "[]"',
  ],
  [
    [...ADD, "--timeout=soon"],
    '--timeout: expected a number of seconds, found "soon"',
  ],
  [
    ["convert", "file", "--from-cache=mynet", "--container-id=vm-1"],
    "Unexpected FILE with --from-cache",
  ],
];

for (const [args, message] of WRONG) {
  testUnless(noRecorder, `wrong usage: ${message}`, async () => {
    const { code, stdout, stderr } = await run(vmconf([], ...args));
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, `vmconf: error: ${message}\n`);
  });
}

testInPlace(
  "namespaces that are made at the same time do not hide each other",
  `
for number in 1 2 3 4 5; do
  vmconf add loopback --id vm-$number --format result > /dev/null &
done
wait
ip netns list | sort
findmnt -no PROPAGATION /run/netns | tail -1
for number in 1 2 3 4 5; do vmconf del --id vm-$number; done
ip netns list`,
  [1, 2, 3, 4, 5].map((number) => `vmconf-vm-${number}\n`).join("") +
    "shared\n",
);
