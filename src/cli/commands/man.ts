/** `vmconf man`: the manual page. */
import type { Command } from "../command.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { print } from "../output.ts";

export const man: Command = {
  name: "man",
  operands: "",
  summary: "Print the manual page.",
  description: "Prints it in the language of man(7).",
  flags: [],
  examples: [
    { summary: "read it", line: "vmconf man | man -l -" },
  ],
  run: async (_, loadCommands) => {
    const { formatManualPage } = await import("../manual_page.ts");
    print(formatManualPage(await loadCommands()));
    return EXIT_DONE;
  },
};
