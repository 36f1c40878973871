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

async function hasBinary(): Promise<boolean> {
  const binary = await Deno.stat(BINARY).catch(() => undefined);
  return binary?.isFile ?? false;
}

/** Prints what is measured, and on what. */
async function printConditions(isBinary: boolean): Promise<void> {
  const go = await run(["go", "version"]).catch(() => undefined);
  const command = isBinary
    ? "`vmconf` is dist/vmconf"
    : "`vmconf` runs from source, as there is no dist/vmconf";
  console.log(
    `${navigator.hardwareConcurrency} cores; Deno ${Deno.version.deno}; ${
      go?.stdout.trim() ?? "no Go"
    }; ${command}.`,
  );
}

async function runBenchmark(name: string, isBinary: boolean): Promise<number> {
  const command = denoRun(["-A"], `tests/bench/${name}.ts`);
  const [program = "", ...args] = name === ALL[0]
    ? command
    : sandboxed("", command);
  const env: Record<string, string> = isBinary ? { VMCONF_BINARY: BINARY } : {};
  return (await new Deno.Command(program, { args, env }).spawn().status).code;
}

const isBinary = await hasBinary();
await printConditions(isBinary);
for (const name of Deno.args.length > 0 ? Deno.args : ALL) {
  if (name !== ALL[0] && noSandbox !== undefined) {
    console.log(`\n${name} is not measured: ${noSandbox}`);
    continue;
  }
  const code = await runBenchmark(name, isBinary);
  if (code !== 0) Deno.exit(code);
}
