import { assert, assertEquals } from "@std/assert";
import { schema } from "../../src/cli/commands/schema.ts";
import { SCHEMAS } from "../../src/cli/schemas.ts";
import { repositoryPath, run, vmconf } from "../child.ts";
import {
  FAULTY,
  GENUINE,
  HOSTILE,
  NO_JSON,
  resultOf,
} from "./inspect/inspections.ts";
import { assertValid } from "./printed_schema.ts";

const RESULT = repositoryPath("tests/vectors/real/dual.json");
const CONVERT = ["convert", RESULT, "--container-id=vm-dual", "--mtu=1500"];

function runOnResult(...args: string[]) {
  return run(vmconf([`--allow-read=${RESULT}`], ...args));
}

Deno.test("a configuration is as its schema says", async () => {
  const { stdout } = await runOnResult(...CONVERT, "--if-name=eth0");
  await assertValid("conf", [stdout]);
});

Deno.test("an error is as its schema says", async () => {
  const { stderr } = await runOnResult(...CONVERT, "--format=x", "--json");
  const other = await runOnResult(
    "convert",
    RESULT,
    "--container-id=x",
    "--json",
  );
  await assertValid("error", [stderr, other.stderr]);
});

Deno.test("losses are as their schema says", async () => {
  const { stderr } = await runOnResult(...CONVERT, "--format=ip", "--json");
  await assertValid("lost", [stderr]);
});

Deno.test("each line of a batch is as its schema says", async () => {
  const result = JSON.parse(await Deno.readTextFile(RESULT));
  const stdin = [
    JSON.stringify({ containerID: "vm-dual", id: 1, result }),
    JSON.stringify({ containerID: "vm-1", result }),
    "{",
  ].join("\n");
  const lines = await Promise.all(
    ["json", "ip", "firecracker"].map(async (format) => {
      const args = ["batch", "--mtu=1500", `--format=${format}`];
      const { stdout } = await run(vmconf([], ...args), { stdin });
      return stdout.trim().split("\n");
    }),
  );
  await assertValid("batch", lines.flat());
});

Deno.test("an inspection is as its schema says, of any result", async () => {
  const results = [GENUINE, FAULTY, NO_JSON, resultOf(HOSTILE.join(""))];
  const printed = await Promise.all(results.map(async (stdin) => {
    const { stdout } = await run(vmconf([], "inspect", "--json"), { stdin });
    return stdout;
  }));
  await assertValid("inspect", printed);
});

Deno.test("the formats are as their schema says", async () => {
  const { stdout } = await run(vmconf([], "formats", "--json"));
  await assertValid("formats", [stdout]);
});

Deno.test("an explanation is as its schema says, of any ip=", async () => {
  const lines = [
    "ip=10.0.0.2::10.0.0.1:24::eth0:off",
    "quiet ip=dhcp ip=eth0:dhcp -- x",
    `ip=${"x:".repeat(20)} ip=${HOSTILE.join("").replaceAll(/[\0"]/g, "")}`,
  ];
  const printed = await Promise.all(lines.map(async (line) => {
    const { stdout } = await run(vmconf([], "explain", "--json", line));
    return stdout;
  }));
  await assertValid("explain", printed);
});

Deno.test("a diagnosis is as its schema says, whatever is granted", async () => {
  const stdin = "CONFIG_IP_PNP=y\n# CONFIG_VIRTIO_NET is not set\n";
  const doctor = ["doctor", "--json"];
  const printed = await Promise.all([
    run(vmconf([], ...doctor)),
    run(vmconf(["--allow-ffi"], ...doctor)),
    run(vmconf([], ...doctor, "--kernel-config=-"), { stdin }),
  ]);
  await assertValid("doctor", printed.map(({ stdout }) => stdout));
});

Deno.test("help names all schemas that there are", () => {
  assertEquals(schema.operands, `[${Object.keys(SCHEMAS).join("|")}]`);
});

Deno.test("a schema that there is not is wrong usage, with the nearest", async () => {
  const { code, stderr } = await run(vmconf([], "schema", "cnf"));
  assertEquals(code, 2);
  assert(stderr.includes("Did you mean conf?"), stderr);
});
