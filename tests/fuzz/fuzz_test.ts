import * as fc from "fast-check";
import { PROPERTIES } from "./properties.ts";

/** Enough to notice, little enough to wait for; `deno task fuzz` runs more. */
const RUNS = 500;

for (const [name, property] of Object.entries(PROPERTIES)) {
  Deno.test(name, () => {
    fc.assert(property, { numRuns: RUNS });
  });
}
