/**
 * Runs the benchmarks, each in a process and a sandbox of its own, and prints
 * the tables of README.md: `deno task bench [NAME...]`.
 *
 * The command is measured as `dist/vmconf`, if `deno task compile` has made it.
 */
import { denoRun, repositoryPath, run } from "../child.ts";
import { noSandbox, sandboxed } from "../integration/sandbox.ts";

/** Only the first needs no namespaces. */
const ALL = ["text_to_ip", "mtu", "startup", "batch", "vms"];

const BINARY = repositoryPath("dist/vmconf");

/** The Deno that made the binary. */
const COMPILER = Deno.env.get("DENO_COMPILE") ?? Deno.execPath();

async function findBinary(): Promise<string | undefined> {
  const binary = await Deno.stat(BINARY).catch(() => undefined);
  return binary?.isFile ? BINARY : undefined;
}

/** Returns the first line that a program prints. */
async function firstLine(...command: string[]): Promise<string> {
  const { stdout } = await run(command).catch(() => ({ stdout: "" }));
  return stdout.split("\n")[0] || `no ${command[0]}`;
}

/** Prints what is measured, and on what. */
async function printConditions(binary: string | undefined): Promise<void> {
  const command = binary === undefined
    ? "the command from source, as there is no dist/vmconf"
    : `dist/vmconf by ${await firstLine(COMPILER, "--version")}`;
  const cores = navigator.hardwareConcurrency;
  const go = await firstLine("go", "version");
  console.log(`${cores} cores; Deno ${Deno.version.deno}; ${go}; ${command}.`);
}

/** Runs a benchmark, with a folder for its files, and returns its exit code. */
async function runBenchmark(
  name: string,
  binary: string | undefined,
): Promise<number> {
  const command = denoRun(["-A"], `tests/bench/${name}.ts`);
  const [program = "", ...args] = name === ALL[0]
    ? command
    : sandboxed("", command);
  const folder = await Deno.makeTempDir();
  const env = { TMPDIR: folder, ...binary && { VMCONF_BINARY: binary } };
  try {
    const child = new Deno.Command(program, { args, env }).spawn();
    return (await child.status).code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const binary = await findBinary();
await printConditions(binary);
for (const name of Deno.args.length > 0 ? Deno.args : ALL) {
  if (name !== ALL[0] && noSandbox !== undefined) {
    console.log(`\n${name} is not measured: ${noSandbox}`);
    continue;
  }
  const code = await runBenchmark(name, binary);
  if (code !== 0) Deno.exit(code);
}
