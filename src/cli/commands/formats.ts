/** `vmconf formats`: what there is to choose from. */
import { FORMAT_NAMES, FORMAT_SUPPORT, FORMATS } from "../../formats/table.ts";
import type { Command } from "../command.ts";
import { print, printJson } from "../output.ts";
import { kebab } from "../rendering.ts";
import { formatColumns } from "../layout.ts";

/** The command. */
export const formats: Command = {
  name: "formats",
  operands: "",
  operandCount: [0, 0],
  summary: "List the formats, and what each of them carries.",
  description:
    `Prints a line for each format; with --json a list of objects: the name, what
it is, its options, and for each thing whether it is carried: "yes", "part",
"no", or "guest" for what its reader leaves to the rest of the guest.`,
  flags: [],
  examples: [
    {
      summary: "formats that carry routes",
      line:
        `vmconf formats --json | jq -r '.[] | select(.carries.routes == "yes").name'`,
    },
  ],
  run: ({ flags }) => {
    if (flags.has("json")) printJson(asData(), 2);
    else print(asText());
    return 0;
  },
};

function asText(): string {
  return `${
    formatColumns(FORMAT_NAMES.map((name) => [name, FORMATS[name].summary]), "")
  }\n`;
}

function asData(): readonly unknown[] {
  return FORMAT_NAMES.map((name) => ({
    name,
    summary: FORMATS[name].summary,
    options: Object.keys(FORMATS[name].options).map((option) =>
      `--${kebab(option)}`
    ),
    carries: FORMAT_SUPPORT[name],
  }));
}
