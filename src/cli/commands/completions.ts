/** `vmconf completions`: the command line, for those who press Tab. */
import { quote } from "../../errors.ts";
import { nearestTo, usage } from "../arguments.ts";
import type { Command } from "../command.ts";
import { allCommands } from "../commands.ts";
import { print } from "../output.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** The command. */
export const completions: Command = {
  name: "completions",
  operands: SHELLS.join("|"),
  operandCount: [1, 1],
  summary: "Print a script that completes vmconf's command line in a shell.",
  description:
    `Commands, flags, the values of flags that have a few, and otherwise files.`,
  flags: [],
  examples: [
    {
      summary: "in bash, for this shell",
      line: 'eval "$(vmconf completions bash)"',
    },
  ],
  run: async ({ operands: [name = ""] }) => {
    const shell = SHELLS.find((known) => known === name);
    if (shell === undefined) {
      throw usage(
        `Expected ${SHELLS.join(", ")}, found ${quote(name)}`,
        completions,
        `Did you mean ${await nearestTo(name, SHELLS)}?`,
      );
    }
    const { completionsFor } = await import("../completion_scripts.ts");
    print(completionsFor(shell, await allCommands()));
    return 0;
  },
};
