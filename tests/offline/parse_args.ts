/**
 * Stands in for `parseArgs` of `@std/cli`, as far as the command uses it.
 *
 * tests/vectors/std has the answers of the genuine function. This one does not
 * use `node:util`, which alone takes a third of an empty script's start.
 */

/** Only the stand-in exports this: `vmconf --version` looks for it. */
export const isStandIn = true;

interface Options {
  readonly boolean: readonly string[];
  readonly string: readonly string[];
  readonly collect: readonly string[];
  readonly alias: Readonly<Record<string, string | readonly string[]>>;
  readonly unknown: (arg: string, key?: string, value?: unknown) => unknown;
}

/** A flag, and the value that the same argument gives it. */
type Part = readonly [key: string, value?: string | boolean];

/** A flag with a value loses its `no-`. */
const LONG = /^--(?:no-)?(.+?)(?:=(.*))?$/s;
const GROUP = /^-([^-].*)$/s;

export function parseArgs(
  args: readonly string[],
  options: Options,
): Record<string, unknown> {
  const groups = Object.entries(options.alias)
    .map(([name, aliases]) => [name, ...[aliases].flat()]);
  const namesOf = (key: string) =>
    groups.find((names) => names.includes(key)) ?? [key];
  const isOneOf = (flags: readonly string[], key: string) =>
    namesOf(key).some((name) => flags.includes(name));
  const isBoolean = (key: string) => isOneOf(options.boolean, key);
  const isString = (key: string) => isOneOf(options.string, key);

  const operands: string[] = [];
  const parsed: Record<string, unknown> = { _: operands };
  for (const name of options.boolean.flatMap(namesOf)) parsed[name] = false;
  for (const name of options.collect.flatMap(namesOf)) parsed[name] = [];

  function setFlag(arg: string, key: string, value: string | boolean): void {
    if (!isBoolean(key) && !isString(key)) {
      options.unknown(arg, key, value);
      return;
    }
    for (const name of namesOf(key)) {
      if (!isOneOf(options.collect, key)) parsed[name] = value;
      else (parsed[name] as unknown[]).push(value);
    }
  }

  const end = args.indexOf("--");
  const beforeEnd = end < 0 ? args : args.slice(0, end);
  for (let index = 0; index < beforeEnd.length; index++) {
    const arg = beforeEnd[index] ?? "";
    const next = beforeEnd[index + 1] ?? "";
    const parts = partsOf(arg, isBoolean);
    if (parts.length === 0 && options.unknown(arg) !== false) {
      operands.push(arg);
    }
    for (const [part, [key, value]] of parts.entries()) {
      const isLast = part === parts.length - 1;
      if (value !== undefined) {
        setFlag(arg, key, value);
      } else if (isLast && takesNext(arg, next, isBoolean(key))) {
        setFlag(arg, key, isBoolean(key) ? next === "true" : next);
        index++;
      } else {
        setFlag(arg, key, isString(key) ? "" : true);
      }
    }
  }
  if (end >= 0) operands.push(...args.slice(end + 1));
  return parsed;
}

/** Splits an argument into its flags; an operand has none. */
function partsOf(
  arg: string,
  isBoolean: (key: string) => boolean,
): readonly Part[] {
  const [, name, value] = arg.match(LONG) ?? [];
  if (name === undefined) return lettersOf(arg.match(GROUP)?.[1] ?? "");
  if (value === undefined) return [[arg.slice(2)]];
  return [[name, isBoolean(name) ? value !== "false" : value]];
}

/** Splits `abc`; the first letter that has a value is the last one. */
function lettersOf(group: string): readonly Part[] {
  const parts: Part[] = [];
  for (let index = 0; index < group.length; index++) {
    const letter = group.charAt(index);
    const value = valueAfter(letter, group.slice(index + 1));
    parts.push([letter, value]);
    if (value !== undefined) break;
  }
  return parts;
}

/** Finds the value of a letter in what follows it, if this is not more letters. */
function valueAfter(letter: string, rest: string): string | undefined {
  if (rest === "=") return "";
  const isAscii = /[a-z]/i.test(letter);
  const [, assigned] = rest.match(/=(.+)/) ?? [];
  if (isAscii && assigned !== undefined) return assigned;
  const endsInNumber = /\d\.?$/.test(rest);
  const startsWithSign = rest === "-" || /^\W./s.test(rest);
  return (isAscii && endsInNumber) || startsWithSign ? rest : undefined;
}

function takesNext(arg: string, next: string, isBoolean: boolean): boolean {
  if (isBoolean) return /^(?:true|false)$/.test(next);
  const isFlag = arg.startsWith("--") ? /^-/ : /^--?[^-]/;
  return next !== "" && !isFlag.test(next);
}
