import { assertEquals } from "@std/assert";
import { testUnless } from "../integration/sandbox.ts";
import { runFaults } from "./faults.ts";
import { noPlugins } from "./place.ts";

testUnless(
  noPlugins,
  "an operation harms nobody, whichever call fails and whenever it is killed, and the next one leaves nothing",
  async () => {
    const { cases, missed, faults } = await runFaults({
      places: ["one"],
      isWhole: false,
      step: 1,
    });
    console.log(`${cases} cases`);
    assertEquals(faults, []);
    assertEquals(missed, []);
  },
);
