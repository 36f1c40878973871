/** `vmconf schema`: what other programs may expect of the output. */
import { checkChoice } from "../arguments.ts";
import type { Command } from "../command.ts";
import { formatColumns } from "../layout.ts";
import { printJson } from "../output.ts";
import { SCHEMA_NAMES, SCHEMAS_BY_NAME } from "../schema_names.ts";

export const schema: Command = {
  name: "schema",
  operands: "[NAME]",
  operandChoices: SCHEMA_NAMES,
  summary: "Print a JSON Schema of what vmconf prints.",
  description:
    `Prints the schema of a NAME, in draft 2020-12. Objects may have more
members than the schema lists: a later version may add some. The names (default:
conf):

${formatColumns(Object.entries(SCHEMAS_BY_NAME), "  ")}`,
  flags: [],
  examples: [
    {
      summary: "the members of a configuration",
      line: "vmconf schema conf | jq '.properties | keys'",
    },
  ],
  run: async ({ operands: [name = "conf"] }) => {
    const known = await checkChoice("schema", name, SCHEMA_NAMES);
    const { makeSchema } = await import("../schemas.ts");
    printJson(makeSchema(known), 2);
    return 0;
  },
};
