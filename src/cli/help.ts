/** The text of `--help`, made from the table of commands. */
import { type Command, COMMON_FLAGS, type Flag } from "./command.ts";
import { formatColumns } from "./layout.ts";

/** The help of the whole program. */
export function programHelp(commands: readonly Command[]): string {
  return `vmconf turns the result of a CNI chain into all that is needed to start a microVM on that network.

Usage: vmconf COMMAND [ARGUMENTS]

Commands:
${formatColumns(commands.map(({ name, summary }) => [name, summary]))}

Flags:
${
    formatColumns([
      ["-h, --help", "show this help; after a command, that command's"],
      ["--version", "show the version"],
    ])
  }

Examples:
${commands.slice(0, SHOWN).flatMap(firstExample).join("\n")}
`;
}

/** The main commands come first, and each has more examples of its own. */
const SHOWN = 5;

function firstExample(command: Command): string[] {
  return exampleLines({ ...command, examples: command.examples.slice(0, 1) });
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  return `${command.summary}

Usage: ${
    ["vmconf", command.name, command.operands, "[FLAGS]"].filter(Boolean)
      .join(" ")
  }

${command.description}

Flags:
${
    formatColumns(
      [...command.flags, ...COMMON_FLAGS].map((
        flag,
      ) => [flagText(flag), flag.summary]),
    )
  }

Examples:
${exampleLines(command).join("\n")}
`;
}

/** A flag as it is shown to people. */
export function flagText({ name, short, aliases = [], value }: Flag): string {
  const names = [
    ...short === undefined ? [] : [`-${short}`],
    ...[name, ...aliases].map((long) => `--${long}`),
  ].join(", ");
  return value === undefined ? names : `${names} ${value}`;
}

function exampleLines({ examples }: Command): string[] {
  return examples.flatMap(({ summary, line }) => [
    `  # ${summary}`,
    `  ${line}`,
  ]);
}
