import { assert, assertEquals, assertMatch } from "@std/assert";
import * as fc from "../fast_check.ts";
import { denoRun, repositoryPath, run } from "../child.ts";
import { bootableConf } from "./arbitraries.ts";
import { PROPERTIES } from "./properties.ts";

/** Enough to notice, little enough to wait for; `deno task fuzz` runs more. */
const RUNS = 500;

for (const [name, property] of Object.entries(PROPERTIES)) {
  Deno.test(name, () => {
    fc.assert(property, { numRuns: RUNS });
  });
}

Deno.test("a configuration drawn for ip= never names the loopback device", () => {
  // The 1,626th case of this seed did.
  fc.assert(
    fc.property(bootableConf, ({ vmIfName }) => vmIfName !== "lo"),
    { numRuns: 5_000, seed: 424242 },
  );
});

Deno.test("the suite draws the same random cases each time, in every test", async () => {
  assertEquals(fc.sample(bootableConf, 9), fc.sample(bootableConf, 9));
  const { stdout } = await run([
    "grep",
    "--recursive",
    "--files-with-matches",
    "--include=*.ts",
    'from "fast-check";$',
    repositoryPath("tests"),
  ]);
  assertEquals(stdout, `${repositoryPath("tests/fast_check.ts")}\n`);
});

async function seedOf(...args: string[]): Promise<string> {
  const { stdout } = await run(
    denoRun([], "tests/fuzz/main.ts", "1", ...args),
  );
  assertMatch(stdout, /^seed (\d+): again with `deno task fuzz 1 \1`$/m);
  return stdout.match(/^seed (\d+)/)?.[1] ?? "";
}

Deno.test("a long run prints its seed: the one it was given, or else a new one", async () => {
  assertEquals(await seedOf("7"), "7");
  assert(await seedOf() !== await seedOf());
});
