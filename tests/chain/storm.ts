/**
 * Runs many operations at once, while plugins fail and processes are killed:
 * storm.ts [SECONDS] [SEED]; prints the outcome.
 */
import { denoRun, vmconf } from "../child.ts";
import { noHost, runOnHost } from "./host.ts";
import type { Storm } from "./storm_runs.ts";

/** Runs a storm; the seed determines what is done and which calls fail. */
export async function storm(seconds: number, seed: number): Promise<Storm> {
  const run = denoRun(
    ["--allow-all"],
    "tests/chain/storm_runs.ts",
    `${seconds}`,
    `${seed}`,
    ...vmconf(["--allow-all"]),
  );
  const { code, stdout, stderr } = await runOnHost(
    `exec ${run.map((word) => `'${word}'`).join(" ")}`,
  );
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The figures of a storm, in a line. */
export function describeFigures(
  { operations, kills, failedCalls }: Storm,
  seed: number,
): string {
  return `storm of seed ${seed}: ${operations} operations, ${kills} kills, ${failedCalls} calls of plugins failed`;
}

if (import.meta.main) {
  const [seconds = "120", seed = `${Date.now() % 2 ** 31}`] = Deno.args;
  if (noHost !== undefined) {
    console.error(`cannot be run here: ${noHost}`);
    Deno.exit(1);
  }
  const came = await storm(Number(seconds), Number(seed));
  console.log(describeFigures(came, Number(seed)));
  for (const [end, count] of Object.entries(came.ends).sort()) {
    console.log(`  ${count} ${end}`);
  }
  for (const problem of came.problems) console.error(problem);
  Deno.exit(came.problems.length === 0 ? 0 : 1);
}
