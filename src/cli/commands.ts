/** Every command, in the order in which they are listed to people. */
import type { Command } from "./command.ts";
import { add } from "./commands/add.ts";
import { batch } from "./commands/batch.ts";
import { check } from "./commands/check.ts";
import { completions } from "./commands/completions.ts";
import { convert } from "./commands/convert.ts";
import { del } from "./commands/del.ts";
import { doctor } from "./commands/doctor.ts";
import { explain } from "./commands/explain.ts";
import { formats } from "./commands/formats.ts";
import { gc } from "./commands/gc.ts";
import { inspect } from "./commands/inspect.ts";
import { man } from "./commands/man.ts";
import { mtu } from "./commands/mtu.ts";
import { schema } from "./commands/schema.ts";
import { status } from "./commands/status.ts";

/** The commands. */
export const COMMANDS: readonly Command[] = [
  convert,
  inspect,
  batch,
  mtu,
  add,
  check,
  del,
  gc,
  status,
  doctor,
  explain,
  formats,
  schema,
  completions,
  man,
];
