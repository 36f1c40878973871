import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { isOffline } from "../../.ci/deno.ts";
import config from "../../deno.json" with { type: "json" };
import { COMMAND_NAMES, loadCommand } from "../../src/cli/commands.ts";
import {
  fixedPermissions,
  repositoryPath,
  run,
  type RunOptions,
  vmconf,
} from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";

const RESULT = repositoryPath("tests/vectors/real/ptp4.json");

/** Runs the command with permission to read only the real result. */
function runVmconf(args: readonly string[], options?: RunOptions) {
  return run(vmconf([`--allow-read=${RESULT}`], ...args), options);
}

Deno.test("each command is loaded by its own name", async () => {
  for (const name of COMMAND_NAMES) {
    assertEquals((await loadCommand(name))?.name, name);
  }
});

Deno.test("convert prints the configuration as JSON, and nothing else", async () => {
  const { code, stdout, stderr } = await runVmconf(
    ["convert", RESULT, "--container-id", "vm-ptp4", "--mtu", "1412"],
  );
  assertEquals([code, stderr], [0, ""]);
  const { tapName, vmMtu, vmMacAddr } = JSON.parse(stdout);
  assertEquals([tapName, vmMtu, vmMacAddr], [
    "tap0",
    1412,
    "16:47:a3:91:b9:a1",
  ]);
});

Deno.test("convert reads standard input by default, and for -", async () => {
  const stdin = await Deno.readTextFile(RESULT);
  const flags = ["--container-id=vm-ptp4", "--mtu=1412", "--format=ip"];
  for (const operands of [[], ["-"]]) {
    const { code, stdout } = await run(
      vmconf([], "convert", ...operands, ...flags),
      { stdin },
    );
    assertEquals(code, 0);
    assertEquals(
      stdout,
      "ip=10.91.1.2::10.91.1.1:255.255.255.0:::off:10.91.1.53:1.1.1.1\n",
    );
  }
});

Deno.test("convert writes the guest's device name", async () => {
  const { stdout } = await runVmconf([
    "convert",
    RESULT,
    "--container-id=vm-ptp4",
    "--mtu=1412",
    "--format=ip",
    "--if-name=eth0",
  ]);
  assertStringIncludes(stdout, ":255.255.255.0::eth0:off:");
});

Deno.test("convert prints a warning about what a format leaves out", async () => {
  const flags = ["--container-id=vm-ptp4", "--mtu=1412", "--format=ip"];
  const text = await runVmconf(["convert", RESULT, ...flags]);
  assertEquals(text.code, 0);
  assertStringIncludes(
    text.stderr,
    "vmconf: warning: ip leaves out vmMtu 1412: ip does not support it",
  );
  const json = await runVmconf(["convert", RESULT, ...flags, "--json"]);
  const { lost } = JSON.parse(json.stderr);
  assertEquals(lost[1].field, "vmMtu");
});

Deno.test("an error has a hint, and the exit code is 1", async () => {
  const args = ["convert", RESULT, "--container-id=vm-1", "--mtu=1412"];
  const { code, stdout, stderr } = await runVmconf(args);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(
    stderr,
    'vmconf: error: did not find expected network device with name "pseudo-device for vm-1"\n  hint: ',
  );
});

Deno.test("with --json an error is an object on standard error", async () => {
  const args = ["convert", RESULT, "--container-id=vm-1", "--mtu=1", "--json"];
  const { code, stdout, stderr } = await runVmconf(args);
  assertEquals([code, stdout], [1, ""]);
  const { error } = JSON.parse(stderr);
  assertEquals(Object.keys(error), ["code", "message", "path", "hint"]);
  assertEquals(error.code, "no-pair");
});

Deno.test("bad input never shows a stack", async () => {
  const texts = ["", "{", "[]", "null", "\uFEFF{}", '"x"'];
  const notUtf8 = new Uint8Array([0x7b, 0xff, 0x7d]);
  for (const stdin of [...texts, notUtf8]) {
    const { code, stdout, stderr } = await run(
      vmconf([], "convert", "--container-id=vm-1", "--mtu=1500"),
      { stdin },
    );
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^(?:vmconf: error: .*\n)+ {2}hint: .*\n$/);
  }
});

Deno.test("an error names the file that cannot be read", async () => {
  const flags = ["--container-id=vm-1", "--mtu=1500"];
  const absent = repositoryPath("tests/vectors/real/absent.json");
  const { code, stderr } = await run(
    vmconf(["--allow-read"], "convert", absent, ...flags),
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, `Cannot read "${absent}": no such file`);
});

testUnless(
  fixedPermissions,
  "an error names the file that may not be read, and the flag to grant",
  async () => {
    const args = ["convert", RESULT, "--container-id=vm-1", "--mtu=1500"];
    const { code, stderr } = await run(vmconf([], ...args));
    assertEquals(code, 1);
    assertStringIncludes(stderr, "--allow-read=FILE");
  },
);

Deno.test("wrong usage exits with 2 and suggests the nearest name", async () => {
  const cases: [string[], string][] = [
    [[], "Missing command"],
    [["--verson"], "Did you mean --version?"],
    [["cnvert"], "Did you mean convert?"],
    [["convert", "--contaner-id=x"], "Did you mean --container-id?"],
    [["convert", "--if-nam", "x"], "Did you mean --if-name?"],
    [["convert", "-x"], 'Unknown flag "-x"'],
    [["convert"], "expected --id ID"],
    [
      ["convert", "--id"],
      "--id: expected ID, found nothing",
    ],
    [
      ["convert", "--id="],
      "--id: expected ID, found nothing",
    ],
    [["convert", "--id", "--json"], "--id: expected ID"],
    [
      ["convert", "--id=a", "--container-id=b"],
      "--id: expected once, found 2 times",
    ],
    [["convert", "--id=a", "--format=ipp"], "Did you mean ip?"],
    [
      ["convert", "--id=a", "--mtu=wide"],
      '--mtu: expected a number of bytes, kernel or result, found "wide"',
    ],
    [["mtu", "a", "b", "c"], 'Unexpected operand "c"'],
    [
      ["convert", "-", "-", "--id=a"],
      "standard input can be read only once",
    ],
    [
      ["convert", "--id=a", "--vm-if-name=a", "--if-name=b"],
      "--vm-if-name: expected at most 1, one for each FILE, found 2",
    ],
    [
      ["convert", "--id=a", "--boot-args=quiet"],
      "--boot-args: expected a format that has this option, found json",
    ],
    [["mtu"], "Missing operand: expected NETNS DEVICE, found nothing"],
  ];
  for (const [args, part] of cases) {
    const { code, stdout, stderr } = await runVmconf(args);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertStringIncludes(stderr, part);
    assertStringIncludes(stderr, "--help`.");
  }
});

Deno.test("help of the program and of commands shows examples", async () => {
  const program = await runVmconf(["--help"]);
  assertEquals([program.code, program.stderr], [0, ""]);
  for (const command of ["convert", "mtu"]) {
    assertStringIncludes(program.stdout, `\n  ${command} `);
    for (const flag of ["--help", "-h"]) {
      const { code, stdout, stderr } = await runVmconf([command, flag]);
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, `Usage: vmconf ${command} `);
      assertStringIncludes(stdout, `\n  vmconf ${command} `);
    }
  }
});

Deno.test("--version prints the package's version, and names stand-ins", async () => {
  const { code, stdout } = await run(vmconf([], "--version"));
  const standIns = isOffline
    ? " (with stand-ins for @std/cli: not for release)"
    : "";
  assertEquals([code, stdout], [0, `vmconf ${config.version}${standIns}\n`]);
});

Deno.test("a closed pipe ends the command without a message", async () => {
  const command = vmconf([], "--help").join(" ");
  const { stdout, stderr } = await run(
    ["sh", "-c", `{ sleep 0.3; ${command}; echo "exit $?" >&2; } | true`],
  );
  assertEquals([stdout, stderr], ["", "exit 0\n"]);
});

Deno.test("if nobody reads the warnings, the result and the exit code stay the same", async () => {
  const file = await Deno.makeTempFile();
  const convert = vmconf(
    [`--allow-read=${RESULT}`],
    "convert",
    RESULT,
    "--container-id=vm-ptp4",
    "--mtu=1412",
    "--format=ip",
  ).join(" ");
  const wrong = vmconf([], "cnvert").join(" ");
  const { stderr } = await run([
    "sh",
    "-c",
    `{ sleep 0.3; ${convert} 3>&2 2>&1 >${file}; echo "$?" >&3
${wrong} 3>&2 2>&1 >/dev/null; echo "$?" >&3; } 3>&2 | true`,
  ]);
  const written = await Deno.readTextFile(file);
  await Deno.remove(file);
  assertEquals(written.startsWith("ip=10.91.1.2:"), true, written);
  assertEquals(stderr.split("\n").slice(0, 2), ["0", "2"]);
});

Deno.test("vmconf waits for input on a non-blocking pipe", async () => {
  const command = vmconf([], "convert", "--container-id=vm-ptp4", "--mtu=1500");
  const script = `import os, subprocess, sys, time
read, write = os.pipe()
os.set_blocking(read, False)
child = subprocess.Popen(sys.argv[2:], stdin=read)
time.sleep(0.5)
os.write(write, open(sys.argv[1], "rb").read())
os.close(write)
sys.exit(child.wait())`;
  const { code, stdout } = await run(
    ["python3", "-c", script, RESULT, ...command],
  );
  assertEquals([code, JSON.parse(stdout).tapName], [0, "tap0"]);
});

Deno.test("a folder as standard input is a readable error", async () => {
  const command = vmconf([], "convert", "--container-id=a", "--mtu=1500");
  const { code, stderr } = await run(
    ["sh", "-c", 'exec "$@" < /', "sh", ...command],
  );
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    'vmconf: error: Cannot read "-": it is a folder',
  );
});

testUnless(
  fixedPermissions,
  "a file without permission is an error on a terminal too, not a prompt",
  async () => {
    const command = vmconf(
      [],
      "convert",
      RESULT,
      "--container-id=a",
      "--mtu=1500",
    )
      .filter((word) => word !== "--no-prompt").join(" ");
    const { stdout } = await run(["script", "-qec", command, "/dev/null"]);
    assertStringIncludes(stdout, "permission to read it was not granted");
  },
);

Deno.test("colour appears only on terminals, and not with NO_COLOR", async () => {
  const command = vmconf([], "cnvert").join(" ");
  const inTerminal = (env: Record<string, string>) =>
    run(["script", "-qec", command, "/dev/null"], { env });
  const coloured = await inTerminal({ NO_COLOR: "" });
  assert(coloured.stdout.includes("\x1b[1;31merror:\x1b[0m"), coloured.stdout);
  const plain = await inTerminal({ NO_COLOR: "1" });
  assert(!plain.stdout.includes("\x1b"), plain.stdout);
});
