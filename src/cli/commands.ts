/**
 * The table of commands, in the order in which help lists them. Most of the time
 * of a short run is loading: only the command that runs is loaded.
 */
import type { Command } from "./command.ts";

const LOADERS = {
  convert: async () => (await import("./commands/convert.ts")).convert,
  inspect: async () => (await import("./commands/inspect.ts")).inspect,
  batch: async () => (await import("./commands/batch.ts")).batch,
  mtu: async () => (await import("./commands/mtu.ts")).mtu,
  add: async () => (await import("./commands/add.ts")).add,
  check: async () => (await import("./commands/check.ts")).check,
  del: async () => (await import("./commands/del.ts")).del,
  gc: async () => (await import("./commands/gc.ts")).gc,
  list: async () => (await import("./commands/list.ts")).list,
  status: async () => (await import("./commands/status.ts")).status,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  explain: async () => (await import("./commands/explain.ts")).explain,
  formats: async () => (await import("./commands/formats.ts")).formats,
  schema: async () => (await import("./commands/schema.ts")).schema,
  completions: async () =>
    (await import("./commands/completions.ts")).completions,
  man: async () => (await import("./commands/man.ts")).man,
} satisfies Record<string, () => Promise<Command>>;

export const COMMAND_NAMES: readonly string[] = Object.keys(LOADERS);

export async function loadCommand(name: string): Promise<Command | undefined> {
  return Object.hasOwn(LOADERS, name)
    ? await LOADERS[name as keyof typeof LOADERS]()
    : undefined;
}

export async function loadCommands(): Promise<readonly Command[]> {
  return await Promise.all(Object.values(LOADERS).map((load) => load()));
}
