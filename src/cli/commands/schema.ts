/** `vmconf schema`: what other programs may expect of the output. */
import { checkChoice } from "../arguments.ts";
import type { Command } from "../command.ts";
import { formatColumns } from "../layout.ts";
import { printJson } from "../output.ts";
import { SCHEMA_NAMES, SCHEMAS_BY_NAME } from "../schema_names.ts";

/** The command. */
export const schema: Command = {
  name: "schema",
  operands: `[${SCHEMA_NAMES.join("|")}]`,
  operandCount: [0, 1],
  summary: "Print a JSON Schema of what vmconf prints.",
  description: `Of draft 2020-12. The default is conf. Objects may have more
members than the schema names: a later version may add some.

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
