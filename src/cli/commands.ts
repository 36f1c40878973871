/** Every command, in the order in which they are listed to people. */
import type { Command } from "./command.ts";
import { batch } from "./commands/batch.ts";
import { completions } from "./commands/completions.ts";
import { convert } from "./commands/convert.ts";
import { formats } from "./commands/formats.ts";
import { inspect } from "./commands/inspect.ts";
import { man } from "./commands/man.ts";
import { mtu } from "./commands/mtu.ts";
import { schema } from "./commands/schema.ts";

/** The commands. */
export const COMMANDS: readonly Command[] = [
  convert,
  inspect,
  batch,
  mtu,
  formats,
  schema,
  completions,
  man,
];
