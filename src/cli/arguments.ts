/** Command-line arguments → flags and operands. */
import { parseArgs } from "@std/cli/parse-args";
import { quote, VmConfError } from "../errors.ts";
import {
  type Arguments,
  type Command,
  COMMON_FLAGS,
  type Flag,
} from "./command.ts";

/** Sorts the arguments of a command. */
export async function parseArguments(
  args: readonly string[],
  command: Command,
): Promise<Arguments> {
  const known = [...command.flags, ...COMMON_FLAGS];
  const valued = known.filter(({ value }) => value !== undefined);
  const valuedNames = valued.map(({ name }) => name);
  const booleanNames = known.map(({ name }) => name)
    .filter((name) => !valuedNames.includes(name));
  const unknown: string[] = [];
  const parsed: Record<string, unknown> = parseArgs([...args], {
    boolean: booleanNames,
    string: [...valuedNames, "_"],
    collect: valuedNames,
    alias: Object.fromEntries(
      known.map(({ name, short, aliases = [] }) => [
        name,
        short === undefined ? aliases : [short, ...aliases],
      ]),
    ),
    unknown: (arg, key) => {
      if (key !== undefined) unknown.push(arg);
      return key === undefined;
    },
  });
  const [stranger] = unknown;
  if (stranger !== undefined) throw await unknownFlag(stranger, known, command);
  const flags = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  for (const name of booleanNames) if (parsed[name]) flags.set(name, "");
  for (const { name, value, repeatable } of valued) {
    const all = parsed[name] as string[];
    const [given, ...more] = all;
    if (given === undefined) continue;
    if (all.includes("")) throw missingValue(name, value, command);
    if (repeatable) lists.set(name, all);
    else if (more.length > 0) {
      throw usage(
        `--${name}: expected once, found ${more.length + 1} times`,
        command,
      );
    }
    flags.set(name, given);
  }
  const operands = (parsed._ as string[]).map(String);
  if (!flags.has("help")) checkCount(operands, command);
  return { flags, lists, operands };
}

function checkCount(operands: readonly string[], command: Command): void {
  const [least, most] = command.operandCount;
  if (operands.length < least) {
    throw usage(
      `Missing operand: expected ${command.operands}, found ${
        operands.map(quote).join(" ") || "nothing"
      }`,
      command,
    );
  }
  const extra = operands[most];
  if (extra !== undefined) {
    throw usage(`Unexpected operand ${quote(extra)}`, command);
  }
}

/** Makes the error of a command that was called wrongly. */
export function usage(
  message: string,
  command?: Command,
  hint = "",
): VmConfError {
  const help = ["vmconf", ...command ? [command.name] : [], "--help"].join(" ");
  return new VmConfError("usage", message, {
    hint: `${hint} See \`${help}\`.`.trim(),
  });
}

function missingValue(
  name: string,
  value: string | undefined,
  command: Command,
): VmConfError {
  return usage(`--${name}: expected ${value}, found nothing`, command);
}

async function unknownFlag(
  arg: string,
  known: readonly Flag[],
  command: Command,
): Promise<VmConfError> {
  const [flag = ""] = arg.split("=", 1);
  const typed = flag.replace(/^-+/, "");
  // parseArgs takes `--mtu=` for a flag of that very name.
  const meant = known.find(({ name, aliases = [] }) =>
    name === typed || aliases.includes(typed)
  );
  if (meant) return missingValue(meant.name, meant.value, command);
  const nearest = await nearestTo(typed, known.map(({ name }) => name));
  return usage(
    `Unknown flag ${quote(flag)}`,
    command,
    `Did you mean --${nearest}?`,
  );
}

/** Finds the name that a mistyped one was most likely meant to be. */
export async function nearestTo(
  name: string,
  names: readonly string[],
): Promise<string> {
  const { closestMatch } = await import("leven");
  return closestMatch(name, [...names]) ?? names[0] ?? "";
}
