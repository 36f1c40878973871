/**
 * Processes from start to end, beside programs that do nothing: in a sandbox,
 * by `main.ts`. The Deno that made the binary must make the empty one too; it is
 * this one, unless `DENO_COMPILE` names another.
 */
import { assertEquals } from "@std/assert";
import { denoRun, repositoryPath, run } from "../child.ts";
import { shell } from "../linux/namespaces.ts";
import { buildConfig, VETH } from "../plugin/scenario.ts";
import {
  formatRatio,
  formatTimes,
  type MeasureBatch,
  measureInTurn,
  printTable,
} from "./measure.ts";

const ROUNDS = 41;
const WARM_UPS = 2;
const RESULT = repositoryPath("tests/vectors/real/ptp4.json");
const CONVERT = [
  "convert",
  RESULT,
  "--container-id=vm-ptp4",
  "--format=ip",
  "--mtu=1500",
];

/** bash has less to do than Deno to start a process, and counts microseconds. */
const TIMED = `start=$EPOCHREALTIME
"$@" <"$0" >/dev/null || exit
end=$EPOCHREALTIME
echo $((\${end/./} - \${start/./}))`;

/** The milliseconds of a process. */
async function timeProcess(
  command: readonly string[],
  { input = "/dev/null", env = {} } = {},
): Promise<number> {
  const bash = ["bash", "-c", TIMED, input, ...command];
  const { code, stdout, stderr } = await run(bash, { env });
  assertEquals(code, 0, stderr);
  return Number(stdout) / 1000;
}

/** Makes a binary of a script. */
async function compileEmpty(script: string): Promise<string> {
  const binary = `${await Deno.makeTempDir()}/empty`;
  const deno = Deno.env.get("DENO_COMPILE") ?? Deno.execPath();
  const flags = ["--quiet", "--no-config", `--output=${binary}`];
  const { code, stderr } = await run([deno, "compile", ...flags, script]);
  assertEquals(code, 0, stderr);
  await Deno.chmod(binary, 0o755);
  return binary;
}

/** Calls the program as a CNI runtime calls a plugin. */
function timePlugin(binary: string, command: string, input: string) {
  return timeProcess([binary], { env: makePluginEnv(command), input });
}

function makePluginEnv(command: string): Record<string, string> {
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: "vm-1",
    CNI_NETNS: "/run/netns/a",
    CNI_IFNAME: "eth0",
  };
}

/** What ADD gets on standard input, and what CHECK and DEL get. */
async function makePluginInputs(
  binary: string,
): Promise<{ add: string; added: string }> {
  const [add, added] = ["/run/add.json", "/run/added.json"];
  await Deno.writeTextFile(add, buildConfig());
  const options = { env: makePluginEnv("ADD"), stdin: buildConfig() };
  const { code, stdout } = await run([binary], options);
  assertEquals(code, 0, stdout);
  const withResult = buildConfig({ prevResult: JSON.parse(stdout) });
  await Deno.writeTextFile(added, withResult);
  await timePlugin(binary, "DEL", added);
  return { add, added };
}

/** The empty script, and what runs from source. */
function makeSourceWays(script: string): Record<string, MeasureBatch> {
  const source = denoRun(
    [`--allow-read=${RESULT}`],
    "src/cli/main.ts",
    ...CONVERT,
  );
  return {
    "empty script": () =>
      timeProcess([Deno.execPath(), "run", "--quiet", script]),
    "`convert`, from source": () => timeProcess(source),
  };
}

/** The empty binary, and what ours does. */
async function makeBinaryWays(
  binary: string,
  script: string,
): Promise<Record<string, MeasureBatch>> {
  shell(VETH);
  const empty = await compileEmpty(script);
  const { add, added } = await makePluginInputs(binary);
  return {
    "empty binary": () => timeProcess([empty]),
    "`convert`": () => timeProcess([binary, ...CONVERT]),
    "plugin, VERSION": () => timePlugin(binary, "VERSION", add),
    "plugin, ADD": () => timePlugin(binary, "ADD", add),
    "plugin, CHECK": () => timePlugin(binary, "CHECK", added),
    "plugin, DEL": () => timePlugin(binary, "DEL", added),
  };
}

/** Makes rows of a table; the first way is the empty program. */
function toRows(
  ways: Readonly<Record<string, MeasureBatch>>,
  all: Readonly<Record<string, number[]>>,
): Record<string, string>[] {
  const [first = ""] = Object.keys(ways);
  const empty = all[first] ?? [];
  return Object.keys(ways).map((way) => {
    const times = all[way] ?? [];
    return {
      process: way,
      "best (median)": formatTimes(times, "ms"),
      "÷ empty": formatRatio(times, empty),
    };
  });
}

const script = await Deno.makeTempFile({ suffix: ".ts" });
await Deno.writeTextFile(script, 'console.log("")\n');
const source = makeSourceWays(script);
const BINARY = Deno.env.get("VMCONF_BINARY");
const binary = BINARY === undefined ? {} : await makeBinaryWays(BINARY, script);
const all = await measureInTurn({ ...binary, ...source }, ROUNDS, WARM_UPS);
printTable("From the start of a process to its end:", [
  ...toRows(binary, all),
  ...toRows(source, all),
]);
