import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { repositoryPath, run, type RunOptions, vmconf } from "../child.ts";
import { FAULTY, GENUINE, NO_JSON } from "./inspect/inspections.ts";

const RESULT = repositoryPath("tests/vectors/real/ptp4.json");

/** Runs `vmconf inspect` with permission to read only the real result. */
function inspect(args: readonly string[], options?: RunOptions) {
  return run(vmconf([`--allow-read=${RESULT}`], "inspect", ...args), options);
}

Deno.test("inspect shows a file, and standard input by default and for -", async () => {
  const { code, stdout, stderr } = await inspect([RESULT]);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "CNI result 1.0.0: converts for vm-ptp4\n");
  for (const operands of [[], ["-"]]) {
    const piped = await inspect(operands, { stdin: GENUINE });
    assertEquals(piped, { code, stdout, stderr });
  }
});

Deno.test("the container id decides which interface is the VM's", async () => {
  const { code, stdout } = await inspect([RESULT, "--container-id=vm-2"]);
  assertEquals(code, 1);
  assertStringIncludes(stdout, "does not convert: 1 fault\n");
  assertStringIncludes(stdout, '"pseudo-device for vm-2"');
  assert(!stdout.includes("the VM's interface"), stdout);
});

Deno.test("a result that does not convert is shown, and the exit code is 1", async () => {
  const views = {
    text: "error: ",
    json: '"fault"',
    mermaid: "flowchart",
    svg: "<svg",
  };
  for (const stdin of [FAULTY, NO_JSON, ""]) {
    for (const [format, part] of Object.entries(views)) {
      const { code, stdout, stderr } = await inspect([`--format=${format}`], {
        stdin,
      });
      assertEquals(code, 1, format);
      assertStringIncludes(stdout, part);
      const isPicture = ["mermaid", "svg"].includes(format);
      assertEquals(
        stderr,
        isPicture
          ? "vmconf: the result does not convert; the picture shows why\n"
          : "",
      );
    }
  }
});

Deno.test("--json prints the same as --format json", async () => {
  for (const stdin of [GENUINE, FAULTY, NO_JSON]) {
    const { stdout } = await inspect(["--json"], { stdin });
    const { converts, findings } = JSON.parse(stdout);
    assertEquals(converts, stdin === GENUINE);
    assert(findings.length > 0);
    assertEquals((await inspect(["--format=json"], { stdin })).stdout, stdout);
  }
});

Deno.test("a result that cannot be read is an error", async () => {
  const { code, stdout, stderr } = await inspect(["/nowhere"]);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, 'Cannot read "/nowhere"');
  const long = await inspect(["--max-length=5"], { stdin: GENUINE });
  assertEquals([long.code, long.stdout], [1, ""]);
  assertStringIncludes(long.stderr, "expected at most 5 characters");
});

Deno.test("an unknown view is wrong usage, with the nearest name", async () => {
  for (const name of ["sgv", "toString"]) {
    const { code, stdout, stderr } = await inspect([`--format=${name}`]);
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, "expected one of text, json, mermaid, svg");
  }
});

Deno.test("on a terminal, inspect uses colour and the terminal's width", async () => {
  const command = vmconf([`--allow-read=${RESULT}`], "inspect", RESULT).join(
    " ",
  );
  const shown = async (columns: number, noColor: string) => {
    const line = `stty cols ${columns}; ${command}`;
    const { stdout } = await run(["script", "-qec", line, "/dev/null"], {
      env: { NO_COLOR: noColor },
    });
    return stdout.replaceAll("\r", "");
  };
  const coloured = await shown(80, "");
  assertStringIncludes(coloured, "\x1b[1;32mconverts for vm-ptp4\x1b[0m");
  const narrow = await shown(36, "1");
  assert(!narrow.includes("\x1b"), narrow);
  assert(narrow.split("\n").every((line) => line.length <= 36), narrow);
});

Deno.test("help shows what inspect does, with an example that works", async () => {
  const { code, stdout, stderr } = await inspect(["--help"]);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "Usage: vmconf inspect [FILE] [FLAGS]");
  assertStringIncludes(stdout, "\n  vmconf inspect result.json ");
});
