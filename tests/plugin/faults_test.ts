import { assert, assertEquals } from "@std/assert";
import { denoRun } from "../child.ts";
import { inSandbox, testUnless } from "../integration/sandbox.ts";
import { noScenario, VETH } from "./scenario.ts";

testUnless(
  noScenario,
  "whatever call fails, ADD leaves nothing behind, and a second DEL removes all",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      VETH,
      denoRun(["-A"], "tests/plugin/faults.ts"),
    );
    assertEquals(code, 0, stderr);
    const outcomes = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert(outcomes.length > 60, `only ${outcomes.length} calls were tried`);
    for (const { call, answer, isAsBefore } of outcomes) {
      const expected = call === "none" ? "done" : "failed";
      assertEquals([call, answer, isAsBefore], [call, expected, true]);
    }
  },
);
