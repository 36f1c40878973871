/**
 * Makes each call of the chain's operations fail, and kills the process at each
 * change, beside other containers: faults.ts [--small] [--step=N] [--only=REGEXP]
 */
import { denoRun } from "../child.ts";
import { inSandbox } from "../integration/sandbox.ts";
import type { Findings, Wish } from "./fault_runs.ts";
import { type Place, PLACES, SCENARIOS } from "./fault_scenarios.ts";
import { noPlugins } from "./place.ts";

/** How many sandboxes run at the same time: they mostly wait for the kernel. */
const AT_ONCE = 3;

/** Runs one sandbox's cases. */
async function runIn(wish: Wish): Promise<Findings> {
  const { code, stdout } = await inSandbox("", [
    ...["unshare", "--pid", "--fork", "--mount-proc"],
    ...denoRun(
      ["--allow-all"],
      "tests/chain/fault_runs.ts",
      JSON.stringify(wish),
    ),
  ], { stderr: "inherit" });
  if (code !== 0) {
    throw new Error(`${wish.place}/${wish.scenario}: exit status ${code}`);
  }
  return JSON.parse(stdout);
}

/** Which cases are run. */
export interface Selection {
  readonly places: readonly Place[];
  readonly isWhole: boolean;
  /** Runs every nth case. */
  readonly step: number;
  /** A regular expression for the names of the cases. */
  readonly only?: string;
}

/** Runs cases; each operation has its own sandboxes. */
export async function runFaults(
  { places, isWhole, step, only = "" }: Selection,
): Promise<Findings> {
  const wishes = places.flatMap((place) =>
    Object.keys(SCENARIOS).map((scenario): Wish => ({
      place,
      scenario,
      isWhole,
      step,
      only,
    }))
  );
  const all: Findings[] = [];
  const work = async () => {
    for (let wish = wishes.shift(); wish !== undefined; wish = wishes.shift()) {
      all.push(await runIn(wish));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return {
    cases: all.reduce((sum, { cases }) => sum + cases, 0),
    missed: all.flatMap(({ missed }) => missed),
    faults: all.flatMap(({ faults }) => faults),
  };
}

function flag(name: string): string | undefined {
  const begin = `--${name}=`;
  return Deno.args.find((arg) => arg.startsWith(begin))?.slice(begin.length);
}

if (import.meta.main) {
  if (noPlugins !== undefined) {
    console.error(`cannot be run here: ${noPlugins}`);
    Deno.exit(1);
  }
  const isSmall = Deno.args.includes("--small");
  const began = performance.now();
  const { cases, missed, faults } = await runFaults({
    places: isSmall ? ["one"] : Object.keys(PLACES) as Place[],
    isWhole: !isSmall,
    step: Number(flag("step") ?? 1),
    only: flag("only"),
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(
    `${cases} cases in ${seconds} s; ${faults.length} faults; ${missed.length} cases went another way`,
  );
  for (const name of missed.slice(0, 10)) console.log(`another way: ${name}`);
  Deno.exit(faults.length === 0 ? 0 : 1);
}
