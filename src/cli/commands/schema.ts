/** `vmconf schema`: what other programs may expect of the output. */
import { checkChoice } from "../arguments.ts";
import type { Command } from "../command.ts";
import { printJson } from "../output.ts";

const NAMES = [
  "conf",
  "error",
  "lost",
  "batch",
  "inspect",
  "doctor",
  "explain",
  "formats",
  "status",
  "gc",
  "list",
  "steps",
] as const;

/** The command. */
export const schema: Command = {
  name: "schema",
  operands: `[${NAMES.join("|")}]`,
  operandCount: [0, 1],
  summary: "Print a JSON Schema of what vmconf prints.",
  description:
    `Of draft 2020-12. conf (the default) is what \`convert\` prints for a result;
error and lost are what it tells on standard error with --json; batch is a line
that \`batch\` prints; steps is what --dry-run prints with --json. Others are
what the command of their name prints with --json.`,
  flags: [],
  examples: [
    {
      summary: "the members of a configuration",
      line: "vmconf schema conf | jq '.properties | keys'",
    },
  ],
  run: async ({ operands: [name = "conf"] }) => {
    const known = await checkChoice("schema", name, NAMES);
    const { SCHEMAS } = await import("../schemas.ts");
    printJson(SCHEMAS[known](), 2);
    return 0;
  },
};
