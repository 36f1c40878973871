import { assert, assertEquals } from "@std/assert";
import { denoRun } from "../child.ts";
import { inSandbox, testUnless } from "../integration/sandbox.ts";
import { noPlugin, VETH } from "./scenario.ts";

/** A call that was made to fail, and its outcome. */
interface Fault {
  /** The command, and the name of the call with its number. */
  readonly call: string;
  readonly answer: string;
  /** Whether nothing was left behind. */
  readonly isAsBefore: boolean;
}

async function runFaults(): Promise<Fault[]> {
  const { code, stdout, stderr } = await inSandbox(
    VETH,
    denoRun(["-A"], "tests/plugin/faults.ts"),
  );
  assertEquals(code, 0, stderr);
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

/** Answers to failures that happen before the namespace is entered. */
const BEFORE_ENTERING: Readonly<Record<string, string>> = {
  "ADD: statfs 1": "code 4",
  "ADD: open 1": "code 4",
  "ADD: statx 1": "code 8",
  "ADD: statx 2": "code 8",
  // It is also unknown whether the namespace is gone.
  "DEL: statfs 1": "code 4",
  "DEL: statfs 2": "code 4",
  "DEL: open 1": "code 4",
  "DEL: statx 1": "code 8",
  "DEL: statx 2": "code 8",
};

testUnless(
  noPlugin,
  "whichever call fails, ADD leaves nothing, and a second DEL removes all",
  async () => {
    const all = await runFaults();
    assert(all.length > 60, `only ${all.length} calls were tried`);
    for (const { call, answer, isAsBefore } of all) {
      const failed = call === "none" ? "done" : "code 100";
      const expected = BEFORE_ENTERING[call] ?? failed;
      assertEquals([call, answer, isAsBefore], [call, expected, true]);
    }
  },
);

testUnless(
  noPlugin,
  "a namespace that cannot be compared with the plugin's own is refused with code 8",
  async () => {
    const unknown = (await runFaults()).filter(({ call }) =>
      call.includes("statx")
    );
    assertEquals(
      unknown.map(({ answer }) => answer),
      ["code 8", "code 8", "code 8", "code 8"],
    );
  },
);
