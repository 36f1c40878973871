/** Command-line arguments → flags and operands. */
import { parseArgs } from "@std/cli/parse-args";
import { quote, VmConfError } from "../errors.ts";
import {
  type Arguments,
  type Command,
  type Flag,
  listFlags,
} from "./command.ts";

export async function parseArguments(
  args: readonly string[],
  command: Command,
): Promise<Arguments> {
  const known = listFlags(command);
  const valued = known.filter(({ value }) => value !== undefined);
  const valuedNames = valued.map(({ name }) => name);
  const booleanNames = known.filter(({ value }) => value === undefined)
    .map(({ name }) => name);
  const [beforeDashes, afterDashes] = splitAtDashes(args);
  await checkAssignments(beforeDashes, known);
  const operands: string[] = [];
  const unknown: string[] = [];
  const parsed: Record<string, unknown> = parseArgs([...beforeDashes], {
    boolean: booleanNames,
    string: valuedNames,
    collect: valuedNames,
    alias: Object.fromEntries(
      known.map(({ name, short, aliases = [] }) => [
        name,
        short === undefined ? aliases : [short, ...aliases],
      ]),
    ),
    // parseArgs makes numbers of operands such as 1e3; here they are still text.
    unknown: (arg, key) => {
      (key === undefined ? operands : unknown).push(arg);
      return false;
    },
  });
  const [firstUnknown] = unknown;
  if (firstUnknown !== undefined) throw await unknownFlag(firstUnknown, known);
  operands.push(...afterDashes);
  const flags = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  for (const name of booleanNames) {
    // `-h5` gives 5 to -h.
    if (typeof parsed[name] !== "boolean") {
      throw usage(`--${name}: expected no value`);
    }
    if (parsed[name]) flags.set(name, "");
  }
  for (const { name, value, repeatable } of valued) {
    const all = parsed[name] as string[];
    const [given] = all;
    if (given === undefined) continue;
    if (all.includes("")) {
      throw usage(`--${name}: expected ${value}, found nothing`);
    }
    if (repeatable) lists.set(name, all);
    else if (all.length > 1) {
      throw usage(`--${name}: expected once, found ${all.length} times`);
    }
    flags.set(name, given);
  }
  if (!flags.has("help")) checkCount(operands, command);
  return { flags, lists, operands };
}

/** Splits at `--`; what follows it are operands. */
export function splitAtDashes(
  args: readonly string[],
): [before: readonly string[], after: readonly string[]] {
  const end = args.indexOf("--");
  return end < 0 ? [args, []] : [args.slice(0, end), args.slice(end + 1)];
}

/**
 * Refuses a value for a flag that has none. parseArgs takes `--no-json=1` for
 * `--json`, any value of `--json` for true, and `-oa=b` for `-o b`.
 */
async function checkAssignments(
  args: readonly string[],
  known: readonly Flag[],
): Promise<void> {
  for (const arg of args) {
    const [, dashes, key, value] = arg.match(/^(--?)([^-].*?)=(.*)$/s) ?? [];
    if (key === undefined || value === undefined) continue;
    const flag = known.find(({ name, short, aliases = [] }) =>
      dashes === "-" ? short === key : name === key || aliases.includes(key)
    );
    if (flag === undefined) throw await unknownFlag(arg, known);
    if (flag.value === undefined && !/^(?:true|false)$/.test(value)) {
      throw usage(`--${flag.name}: expected no value, found ${quote(value)}`);
    }
  }
}

function checkCount(
  operands: readonly string[],
  { operands: expected }: Command,
): void {
  const words = expected.split(" ").filter(Boolean);
  const least = words.filter((word) => !word.startsWith("[")).length;
  const most = expected.includes("...") ? Infinity : words.length;
  if (operands.length < least) {
    throw usage(
      `Missing operand: expected ${expected}, found ${
        operands.map(quote).join(" ") || "nothing"
      }`,
    );
  }
  const extra = operands[most];
  if (extra !== undefined) throw usage(`Unexpected operand ${quote(extra)}`);
}

/** Makes the error for a wrong command line; `main` adds where help is. */
export function usage(message: string, hint?: string): VmConfError {
  return new VmConfError("usage", message, { hint });
}

async function unknownFlag(
  arg: string,
  known: readonly Flag[],
): Promise<VmConfError> {
  const [flag = ""] = arg.split("=", 1);
  const letter = known.find(({ short, value }) =>
    short !== undefined && value !== undefined && arg.startsWith(`-${short}`)
  )?.short;
  return usage(
    `Unknown flag ${quote(flag)}`,
    letter === undefined
      ? await suggest(
        flag.replace(/^-*/, "--"),
        known.flatMap(({ name, aliases = [] }) =>
          [name, ...aliases].map((long) => `--${long}`)
        ),
      )
      : `The value of -${letter} follows a space or "=".`,
  );
}

export async function checkChoice<T extends string>(
  what: string,
  value: string,
  choices: readonly T[],
): Promise<T> {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw usage(
    `${what}: expected one of ${choices.join(", ")}, found ${quote(value)}`,
    await suggest(value, choices),
  );
}

/** Suggests the name that is most like a mistyped one. */
export async function suggest(
  name: string,
  names: readonly string[],
): Promise<string> {
  const { closestMatch } = await import("leven");
  return `Did you mean ${closestMatch(name, [...names]) ?? names[0]}?`;
}
