import { assertEquals, assertStringIncludes } from "@std/assert";
import { FORMAT_NAMES } from "../../src/formats/format_table.ts";
import { fixedPermissions, repositoryPath, run, vmconf } from "../child.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";

function line(containerID: string, more = {}, dns = {}): string {
  const result = {
    cniVersion: "1.0.0",
    interfaces: [
      { name: "tap0", sandbox: `/run/netns/${containerID}` },
      { name: "tap0", sandbox: containerID, mac: "02:00:00:00:00:01" },
    ],
    ips: [{ interface: 1, address: "10.0.0.2/24" }],
    dns,
  };
  return JSON.stringify({ containerID, result, ...more });
}

function parseLines(text: string) {
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

Deno.test("batch answers each line in order, and continues after a bad one", async () => {
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

Deno.test("batch renders a format, and lists the losses", async () => {
  const { code, stdout } = await run(
    vmconf([], "batch", "--mtu=1500", "--format=ip"),
    { stdin: line("vm-1") },
  );
  const [{ files, lost }] = parseLines(stdout);
  assertEquals(code, 0);
  assertEquals(files[0].text, "ip=10.0.0.2:::255.255.255.0:::off\n");
  assertEquals(
    lost.map(({ field }: { field: string }) => field),
    ["vmMacAddr", "vmMtu"],
  );
});

Deno.test("on a terminal, batch shows how far it has read a file", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, `${line("vm-1")}\n`.padEnd(2048));
  const command = vmconf([`--allow-read=${file}`], "batch", file, "--mtu=1500");
  const words = `${command.join(" ")} >/dev/null`;
  const { stdout } = await run(["script", "-qec", words, "/dev/null"]);
  await Deno.remove(file);
  const bar = `[00:00] [${"-".repeat(50)}] [0.00/2.00 KiB]`;
  assertEquals(stdout.startsWith(`\r\x1b[K${bar}`), true, stdout);
  assertEquals(stdout.endsWith("\r\x1b[K"), true, stdout);
});

Deno.test("a line that is too long is an error in its position", async () => {
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

/** Answers as `[line, id, containerID, error code]`. */
function outlineAnswers(stdout: string) {
  return parseLines(stdout).map(({ line, id, containerID, error }) => [
    line,
    id,
    containerID,
    error?.code,
  ]);
}

/** A list in a list in a list, as JSON text. */
function nestLists(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

Deno.test("a deeply nested id is an error of its line, and is not repeated", async () => {
  const withId = (containerID: string, id: string) =>
    line(containerID).replace("{", `{"id": ${id}, `);
  const { code, stdout, stderr } = await run(
    vmconf([], "batch", "--mtu=1500"),
    {
      stdin: [
        withId("vm-1", nestLists(9000)),
        `{"id": 1, "containerID": {"of": ${nestLists(9000)}}}`,
        withId("vm-2", nestLists(33)),
        withId("vm-3", nestLists(32)),
        withId("vm-4", nestLists(50_000)),
        line("vm-5"),
      ].join("\n"),
    },
  );
  assertEquals([code, stderr], [1, "vmconf: 4 of 6 lines failed\n"]);
  assertEquals(outlineAnswers(stdout), [
    [1, undefined, undefined, "invalid-result"],
    [2, undefined, undefined, "invalid-result"],
    [3, undefined, undefined, "invalid-result"],
    [undefined, JSON.parse(nestLists(32)), "vm-3", undefined],
    [5, undefined, undefined, "invalid-json"],
    [undefined, undefined, "vm-5", undefined],
  ]);
  const [first, second] = parseLines(stdout);
  assertEquals(
    first.error.message,
    "id: expected at most 32 levels of nesting, found more",
  );
  assertEquals(second.error.path, "containerID");
});

Deno.test("a line with 150,000 nameservers is answered in each format", async () => {
  const nameservers = Array.from(
    { length: 150_000 },
    (_, index) => `10.${index >> 16}.${index >> 8 & 255}.${index & 255 || 1}`,
  );
  const stdin = [line("vm-1", {}, { nameservers }), line("vm-2")].join("\n");
  for (const format of FORMAT_NAMES) {
    const args = ["--mtu=1500", `--format=${format}`];
    const { code, stdout } = await run(vmconf([], "batch", ...args), { stdin });
    assertEquals([code, outlineAnswers(stdout)], [0, [
      [undefined, undefined, "vm-1", undefined],
      [undefined, undefined, "vm-2", undefined],
    ]], format);
  }
});

testUnless(
  fixedPermissions,
  "anything that is thrown for a line is an error of that line only",
  async () => {
    const preload = `--preload=${repositoryPath("tests/cli/faulty_json.ts")}`;
    const { code, stdout } = await run(
      vmconf([preload], "batch", "--mtu=1500"),
      {
        stdin: [
          line("vm-1"),
          line("provoke RangeError"),
          line("provoke TypeError"),
          line("vm-2"),
        ].join("\n"),
      },
    );
    assertEquals([code, outlineAnswers(stdout)], [1, [
      [undefined, undefined, "vm-1", undefined],
      [2, undefined, undefined, "unexpected"],
      [3, undefined, undefined, "unexpected"],
      [undefined, undefined, "vm-2", undefined],
    ]]);
    assertEquals(
      parseLines(stdout)[2].error.message,
      "Unexpected failure: no function",
    );
  },
);

Deno.test("an empty batch succeeds", async () => {
  const { code, stdout, stderr } = await run(vmconf([], "batch"));
  assertEquals([code, stdout, stderr], [0, "", ""]);
});

Deno.test("Ctrl-C ends a batch after the lines that it answered", async () => {
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
