/** `vmconf man`: the manual page. */
import type { Command } from "../command.ts";
import { allCommands } from "../commands.ts";
import { print } from "../output.ts";

/** The command. */
export const man: Command = {
  name: "man",
  operands: "",
  operandCount: [0, 0],
  summary: "Print the manual page.",
  description:
    `In the language of man(7), made from the same table as all help is.`,
  flags: [],
  examples: [
    { summary: "read it", line: "vmconf man | man -l -" },
  ],
  run: async () => {
    const { manualPage } = await import("../manual_page.ts");
    print(manualPage(await allCommands()));
    return 0;
  },
};
