/** Stands in for `parseArgs` of `@std/cli`, as far as the command uses it. */
import * as node from "node:util";

interface Options {
  boolean: readonly string[];
  string: readonly string[];
  collect: readonly string[];
  alias: Readonly<Record<string, string>>;
  unknown: (arg: string, key?: string, value?: unknown) => unknown;
}

export function parseArgs(
  args: string[],
  options: Options,
): Record<string, unknown> {
  const { tokens } = node.parseArgs({
    args: spelledOut(args, options),
    options: {
      ...optionsOf(options.string, "string", options.alias),
      ...optionsOf(options.boolean, "boolean", options.alias),
    },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const operands: string[] = [];
  const parsed: Record<string, unknown> = { _: operands };
  for (const name of options.boolean) parsed[name] = false;
  for (const name of options.collect) parsed[name] = [];
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (options.unknown(token.value) !== false) operands.push(token.value);
    } else if (token.kind === "option") {
      const { name, rawName, value } = token;
      if (options.collect.includes(name)) {
        (parsed[name] as unknown[]).push(value ?? "");
      } else if (options.boolean.includes(name)) {
        parsed[name] = value !== "false";
      } else {
        options.unknown(
          value === undefined ? rawName : `${rawName}=${value}`,
          name,
          value,
        );
      }
    }
  }
  return parsed;
}

function optionsOf(
  names: readonly string[],
  type: "string" | "boolean",
  alias: Readonly<Record<string, string>>,
): Record<string, { type: "string" | "boolean"; short?: string }> {
  return Object.fromEntries(names.map((name) => {
    const short = alias[name];
    return [name, short === undefined ? { type } : { type, short }];
  }));
}

/**
 * `node:util` takes whatever follows a string flag for its value; `@std/cli`
 * only what does not begin with a dash. A boolean flag takes `true` or `false`.
 */
function spelledOut(args: string[], options: Options): string[] {
  const spelled: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    const next = args[index + 1] ?? "";
    if (arg === "--") return [...spelled, ...args.slice(index)];
    const name = arg.replace(/^--/, "");
    if (options.boolean.includes(name) && /^(true|false)$/.test(next)) {
      spelled.push(`${arg}=${next}`);
      index++;
    } else if (
      options.string.includes(name) && (next === "" || next.startsWith("-"))
    ) {
      spelled.push(`${arg}=`);
    } else {
      spelled.push(arg);
    }
  }
  return spelled;
}
