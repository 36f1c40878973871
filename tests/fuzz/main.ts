/**
 * Checks every property on many random cases: `deno task fuzz [RUNS] [SEED]`.
 *
 * The seed is printed first: with it the same cases come again.
 */
import * as fc from "../fast_check.ts";
import { PROPERTIES } from "./properties.ts";

const numRuns = Number(Deno.args[0] ?? 100_000);
const seed = Number(Deno.args[1] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`seed ${seed}: again with \`deno task fuzz ${numRuns} ${seed}\``);

let failed = 0;
for (const [name, property] of Object.entries(PROPERTIES)) {
  const start = performance.now();
  const details = await fc.check(property, { numRuns, seed });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (details.failed) failed++;
  const verdict = details.failed ? "FAILED" : "ok";
  console.log(`${verdict}  ${name} (${details.numRuns} cases, ${seconds} s)`);
  if (details.failed) console.log(fc.defaultReportMessage(details));
}
Deno.exit(failed === 0 ? 0 : 1);
