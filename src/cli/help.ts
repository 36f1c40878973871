/** The text of `--help`, made from the table of commands. */
import { type Command, COMMON_FLAGS, type Flag } from "./command.ts";

/**
 * The help of the whole program.
 *
 * @param commands Its commands.
 * @returns The text.
 */
export function programHelp(commands: readonly Command[]): string {
  return `vmconf turns the result of a CNI chain into all that is needed to start a microVM on that network.

Usage: vmconf COMMAND [ARGUMENTS]

Commands:
${table(commands.map(({ name, summary }) => [name, summary]))}

Flags:
${
    table([
      ["-h, --help", "show this help; after a command, that command's"],
      ["--version", "show the version"],
    ])
  }

Examples:
${commands.flatMap(exampleLines).join("\n")}
`;
}

/**
 * The help of one command.
 *
 * @param command The command.
 * @returns The text.
 */
export function commandHelp(command: Command): string {
  return `${command.summary}

Usage: vmconf ${command.name} ${command.operands} [FLAGS]

${command.description}

Flags:
${table([...command.flags, ...COMMON_FLAGS].map(flagRow))}

Examples:
${exampleLines(command).join("\n")}
`;
}

function flagRow({ name, short, value, summary }: Flag): [string, string] {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return [short === undefined ? long : `-${short}, ${long}`, summary];
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
    .join("\n");
}

function exampleLines({ examples }: Command): string[] {
  return examples.flatMap(({ summary, line }) => [
    `  # ${summary}`,
    `  ${line}`,
  ]);
}
