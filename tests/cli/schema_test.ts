/** What the command prints, held against the schemas that it prints. */
import { assert, assertEquals } from "@std/assert";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { repositoryPath, run, vmconf } from "../child.ts";
import {
  FAULTY,
  GENUINE,
  HOSTILE,
  NO_JSON,
  resultOf,
} from "./inspect/inspections.ts";

const RESULT = repositoryPath("tests/vectors/real/dual.json");
const CONVERT = ["convert", RESULT, "--container-id=vm-dual", "--mtu=1500"];

async function validatorOf(name: string): Promise<ValidateFunction> {
  const { code, stdout } = await run(vmconf([], "schema", name));
  assertEquals(code, 0);
  return new Ajv2020().compile(JSON.parse(stdout));
}

async function assertValid(name: string, texts: readonly string[]) {
  const validate = await validatorOf(name);
  assert(texts.length > 0);
  for (const text of texts) {
    assert(validate(JSON.parse(text)), JSON.stringify(validate.errors));
  }
  for (const other of ["{}", "[]", '{"error":{}}', '{"lost":[{}]}']) {
    assertEquals(validate(JSON.parse(other)), false, other);
  }
}

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
  await assertValid("inspection", printed);
});

Deno.test("a schema that there is not is wrong usage, with the nearest", async () => {
  const { code, stderr } = await run(vmconf([], "schema", "cnf"));
  assertEquals(code, 2);
  assert(stderr.includes("Did you mean conf?"), stderr);
});
