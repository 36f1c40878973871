/**
 * Stands in for `parseArgs` of `@std/cli`, as far as the command uses it; not
 * over `node:util`, which alone takes a third of an empty script's start.
 */

interface Options {
  boolean: readonly string[];
  string: readonly string[];
  collect: readonly string[];
  alias: Readonly<Record<string, readonly string[]>>;
  unknown: (arg: string, key?: string, value?: unknown) => unknown;
}

/** A long flag; `--name=` without a value is a flag of that very name. */
const LONG = /^--(?<key>.+?)(?:=(?<value>.+))?$/s;
const LETTERS = /^-(?<key>[^-].*)$/s;
const BOOLEAN = /^(?:true|false)$/;

export function parseArgs(
  args: string[],
  options: Options,
): Record<string, unknown> {
  const operands: string[] = [];
  const parsed: Record<string, unknown> = { _: operands };
  for (const name of options.boolean) parsed[name] = false;
  for (const name of options.collect) parsed[name] = [];
  const longOf = new Map(
    Object.entries(options.alias).flatMap(([name, others]) =>
      others.map((other) => [other, name])
    ),
  );

  const set = (key: string, value: string | boolean, arg: string) => {
    const name = longOf.get(key) ?? key;
    if (options.collect.includes(name)) {
      (parsed[name] as unknown[]).push(value);
    } else if (options.boolean.includes(name)) {
      parsed[name] = value !== "false";
    } else {
      options.unknown(arg, key, value);
    }
  };

  const end = args.indexOf("--");
  const flagsAndOperands = end < 0 ? args : args.slice(0, end);
  for (let index = 0; index < flagsAndOperands.length; index++) {
    const arg = flagsAndOperands[index] ?? "";
    const next = flagsAndOperands[index + 1] ?? "";
    const long = arg.match(LONG)?.groups;
    const letters = arg.match(LETTERS)?.groups?.key?.split("");
    const key = long?.key ?? letters?.pop();
    if (key === undefined) {
      if (options.unknown(arg) !== false) operands.push(arg);
      continue;
    }
    for (const letter of letters ?? []) set(letter, true, arg);
    const name = longOf.get(key) ?? key;
    const isBoolean = options.boolean.includes(name);
    const takesNext = isBoolean
      ? BOOLEAN.test(next)
      : next !== "" && !next.startsWith("-");
    if (long?.value !== undefined) set(key, long.value, arg);
    else if (takesNext) set(key, flagsAndOperands[++index] ?? "", arg);
    else set(key, options.string.includes(name) ? "" : true, arg);
  }
  if (end >= 0) operands.push(...args.slice(end + 1));
  return parsed;
}
