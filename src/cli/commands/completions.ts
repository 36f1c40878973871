/** `vmconf completions`: completes the command line in a shell. */
import { checkChoice } from "../arguments.ts";
import type { Command } from "../command.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { print } from "../output.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

export const completions: Command = {
  name: "completions",
  operands: SHELLS.join("|"),
  summary: "Print a script that completes vmconf's command line in a shell.",
  description:
    `The script completes commands, flags, and the values of flags that have only a
few. Everything else is completed as a file.`,
  flags: [],
  examples: [
    {
      summary: "in bash, for this shell",
      line: 'eval "$(vmconf completions bash)"',
    },
  ],
  run: async ({ operands: [name = ""] }, loadCommands) => {
    const shell = await checkChoice("shell", name, SHELLS);
    const { formatCompletions } = await import("../completion_scripts.ts");
    print(formatCompletions(shell, await loadCommands()));
    return EXIT_DONE;
  },
};
