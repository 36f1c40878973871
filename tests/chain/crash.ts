/** Kills `vmconf add` often: crash.ts [KILLS] [SEED]; prints what came of it. */
import { denoRun, vmconf } from "../child.ts";
import type { Crashes } from "./crash_runs.ts";
import { inPlace, noPlugins } from "./place.ts";

/** Kills `vmconf add` at random moments; the seed tells which. */
export async function crashes(kills: number, seed: number): Promise<Crashes> {
  const run = denoRun(
    ["--allow-all"],
    "tests/chain/crash_runs.ts",
    `${kills}`,
    `${seed}`,
    ...vmconf(["--allow-all"]),
  );
  const { code, stdout, stderr } = await inPlace(
    `exec ${run.map((word) => `'${word}'`).join(" ")}`,
  );
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

if (import.meta.main) {
  const [kills = "200", seed = `${Date.now() % 2 ** 31}`] = Deno.args;
  if (noPlugins !== undefined) {
    console.error(`cannot be run here: ${noPlugins}`);
    Deno.exit(1);
  }
  const { harmful, left } = await crashes(Number(kills), Number(seed));
  console.log(
    `${kills} kills (seed ${seed}): ${harmful} left something behind; after the next add or gc ${left.length} did`,
  );
  for (const line of left) console.error(line);
  Deno.exit(left.length === 0 ? 0 : 1);
}
