import { assertEquals, assertStringIncludes } from "@std/assert";
import { run, vmconf } from "../child.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";

function line(containerID: string, more: object = {}): string {
  const result = {
    cniVersion: "1.0.0",
    interfaces: [
      { name: "tap0", sandbox: `/run/netns/${containerID}` },
      { name: "tap0", sandbox: containerID },
    ],
    ips: [{ interface: 1, address: "10.0.0.2/24" }],
  };
  return JSON.stringify({ containerID, result, ...more });
}

function parseLines(text: string) {
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

Deno.test("batch answers each line in order, and goes on after a bad one", async () => {
  const stdin = [
    line("vm-1", { id: 7, ifName: "eth0" }),
    "",
    "{bad",
    line("vm-2", { result: {} }),
    '{"containerID": 5, "id": "x"}',
    line("vm-3"),
  ].join("\n");
  const { code, stdout, stderr } = await run(
    vmconf([], "batch", "--mtu=1500"),
    { stdin },
  );
  assertEquals([code, stderr], [1, "vmconf: 3 of 6 lines failed\n"]);
  const answers = parseLines(stdout);
  assertEquals(
    answers.map(({ id, line, containerID, error }) => [
      id,
      line,
      containerID,
      error?.code,
    ]),
    [
      [7, undefined, "vm-1", undefined],
      [undefined, 3, undefined, "invalid-json"],
      [undefined, 4, "vm-2", "no-pair"],
      ["x", 5, 5, "invalid-result"],
      [undefined, undefined, "vm-3", undefined],
    ],
  );
  assertEquals(answers[0].conf.vmIfName, "eth0");
});

Deno.test("batch renders a format, with what it lost", async () => {
  const { code, stdout } = await run(
    vmconf([], "batch", "--mtu=1500", "--format=ip"),
    { stdin: line("vm-1") },
  );
  const [{ files, lost }] = parseLines(stdout);
  assertEquals(code, 0);
  assertEquals(files[0].text, "ip=10.0.0.2:::255.255.255.0:::off\n");
  assertEquals(lost[0].field, "vmMtu");
});

Deno.test("a line that is too long is an error in its place", async () => {
  const long = `{"x": "${"y".repeat(300_000)}"}`;
  const { stdout } = await run(
    vmconf([], "batch", "--mtu=1500", "--max-length=100000"),
    { stdin: [long, line("vm-1"), long].join("\n") },
  );
  assertEquals(
    parseLines(stdout).map(({ error }) => error?.code),
    ["too-long", undefined, "too-long"],
  );
});

Deno.test("no line at all is no failure", async () => {
  const { code, stdout, stderr } = await run(vmconf([], "batch"));
  assertEquals([code, stdout, stderr], [0, "", ""]);
});

Deno.test("Ctrl-C ends a batch cleanly, with what was answered", async () => {
  const [program = "", ...args] = vmconf([], "batch", "--mtu=1500");
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${line("vm-1")}\n`));
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  child.kill("SIGINT");
  const { code } = await child.status;
  const stderr = await new Response(child.stderr).text();
  await reader.cancel();
  await writer.close().catch(() => {});
  assertEquals(JSON.parse(new TextDecoder().decode(value)).containerID, "vm-1");
  assertEquals([code, stderr], [130, "vmconf: interrupted after 1 lines\n"]);
});

testUnless(
  noSandbox,
  "batch asks the kernel for each VM's MTU, in its own namespace",
  async () => {
    const vms = Array.from({ length: 100 }, (_, index) => `vm-${index}`);
    const setup = vms.map((vm, index) =>
      `ip netns add ${vm}
ip -n ${vm} tuntap add dev tap0 mode tap
ip -n ${vm} link set tap0 mtu ${1400 + index}`
    ).join("\n");
    const asked = [...vms, ...vms.toReversed(), "vm-gone"];
    const { code, stdout, stderr } = await inSandbox(
      setup,
      vmconf(["--allow-ffi"], "batch"),
      { stdin: asked.map((vm) => line(vm)).join("\n") },
    );
    assertEquals([code, stderr], [1, "vmconf: 1 of 201 lines failed\n"]);
    const answers = parseLines(stdout);
    for (const { containerID, conf } of answers.slice(0, -1)) {
      assertEquals(conf.vmMtu, 1400 + Number(containerID.slice(3)));
    }
    assertStringIncludes(
      answers.at(-1).error.message,
      'failed to find netns at path "/run/netns/vm-gone"',
    );
  },
);
