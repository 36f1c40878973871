import { assert, assertEquals } from "@std/assert";
import { schema } from "../../src/cli/commands/schema.ts";
import { makeSchema } from "../../src/cli/schemas.ts";
import { SCHEMA_NAMES } from "../../src/cli/schema_names.ts";
import { repositoryPath, run, vmconf } from "../child.ts";
import {
  createResult,
  FAULTY,
  GENUINE,
  HOSTILE,
  NO_JSON,
} from "./inspect/inspections.ts";
import { assertValid } from "./printed_schema.ts";

const RESULT = repositoryPath("tests/vectors/real/dual.json");
const CONVERT = ["convert", RESULT, "--container-id=vm-dual", "--mtu=1500"];

function runOnResult(...args: string[]) {
  return run(vmconf([`--allow-read=${RESULT}`], ...args));
}

Deno.test("a configuration matches its schema", async () => {
  const { stdout } = await runOnResult(...CONVERT, "--if-name=eth0");
  await assertValid("conf", [stdout]);
});

Deno.test("an error matches its schema", async () => {
  const { stderr } = await runOnResult(...CONVERT, "--format=x", "--json");
  const other = await runOnResult(
    "convert",
    RESULT,
    "--container-id=x",
    "--json",
  );
  await assertValid("error", [stderr, other.stderr]);
});

Deno.test("losses match their schema", async () => {
  const { stderr } = await runOnResult(...CONVERT, "--format=ip", "--json");
  await assertValid("lost", [stderr]);
});

Deno.test("each line of a batch matches its schema", async () => {
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

Deno.test("an inspection of any result matches its schema", async () => {
  const results = [GENUINE, FAULTY, NO_JSON, createResult(HOSTILE.join(""))];
  const printed = await Promise.all(results.map(async (stdin) => {
    const { stdout } = await run(vmconf([], "inspect", "--json"), { stdin });
    return stdout;
  }));
  await assertValid("inspect", printed);
});

Deno.test("the formats match their schema", async () => {
  const { stdout } = await run(vmconf([], "formats", "--json"));
  await assertValid("formats", [stdout]);
});

Deno.test("an explanation of any ip= matches its schema", async () => {
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

Deno.test("a diagnosis matches its schema, with and without permissions", async () => {
  const stdin = "CONFIG_IP_PNP=y\n# CONFIG_VIRTIO_NET is not set\n";
  const doctor = ["doctor", "--json"];
  const printed = await Promise.all([
    run(vmconf([], ...doctor)),
    run(vmconf(["--allow-ffi"], ...doctor)),
    run(vmconf([], ...doctor, "--kernel-config=-"), { stdin }),
  ]);
  await assertValid("doctor", printed.map(({ stdout }) => stdout));
});

Deno.test("a CNI result matches its schema", async () => {
  await assertValid("result", [await Deno.readTextFile(RESULT)], [
    '{"ips":[{}]}',
  ]);
});

Deno.test("a schema refuses wrong values of members", async () => {
  const { stdout } = await runOnResult(...CONVERT);
  const conf = JSON.parse(stdout);
  await assertValid(
    "conf",
    [stdout],
    [
      { vmMtu: 67 },
      { vmMacAddr: "02:00:00:00:00" },
      { vmIpConfigs: [] },
      { vmIpConfigs: [{ address: "x" }] },
      { vmRoutes: [{ dst: "10.0.0.0/8", gw: "x" }] },
    ].map((wrong) => JSON.stringify({ ...conf, ...wrong })),
  );
});

Deno.test("no schema refuses members that a later version may add", () => {
  for (const name of SCHEMA_NAMES) {
    const schema = JSON.stringify(makeSchema(name));
    assert(!schema.includes('"additionalProperties":false'), name);
  }
});

Deno.test("every schema has its own address, and help names it", () => {
  const ids = SCHEMA_NAMES.map((name) => makeSchema(name).$id);
  assertEquals(new Set(ids).size, SCHEMA_NAMES.length);
  assertEquals(schema.operandChoices, SCHEMA_NAMES);
  for (const name of SCHEMA_NAMES) assert(schema.description.includes(name));
});

Deno.test("an unknown schema is wrong usage, with the nearest name", async () => {
  const { code, stderr } = await run(vmconf([], "schema", "cnf"));
  assertEquals(code, 2);
  assert(stderr.includes("Did you mean conf?"), stderr);
});
