/** Failures and kills harm nobody else and leave nothing. */
import { assert, assertEquals } from "@std/assert";
import { testUnless } from "../integration/sandbox.ts";
import { noHost } from "./host.ts";
import { describeFigures, storm } from "./storm.ts";

const SECONDS = 15;
const SEED = 7;

testUnless(
  noHost,
  "many kills and failures harm nobody else, and del and gc leave nothing",
  async () => {
    const came = await storm(SECONDS, SEED);
    console.log(describeFigures(came, SEED));
    assertEquals(came.problems, []);
    const { operations, kills, failedCalls } = came;
    assert(operations > 10 && kills > 5 && failedCalls > 0);
  },
);
