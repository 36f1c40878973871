/** The text of `--help`, made from the table of commands. */
import { type Command, type Flag, listFlags } from "./command.ts";
import { fillParagraphs, formatColumns } from "./layout.ts";

export function formatHelp(commands: readonly Command[]): string {
  return `vmconf reads the result of a chain of CNI plugins, and prints the network
configuration that a microVM needs.

Usage: vmconf COMMAND [ARGUMENTS]

Commands:
${formatColumns(commands.map(({ name, summary }) => [name, summary]))}

Flags:
${
    formatColumns([
      [
        "-h, --help",
        "show this help; after a command, the help of that command",
      ],
      ["--version", "show the version"],
    ])
  }

Examples:
${
    formatExamples(
      commands.slice(0, MAIN_COMMANDS).flatMap(({ examples }) =>
        examples.slice(0, 1)
      ),
    )
  }
`;
}

/** The table lists the main commands first. */
const MAIN_COMMANDS = 5;

export function formatCommandHelp(command: Command): string {
  const { name, operands, summary, description, examples } = command;
  const words = ["vmconf", name, operands, "[FLAGS]"].filter(Boolean);
  return `${summary}

Usage: ${words.join(" ")}

${fillParagraphs(description)}

Flags:
${
    formatColumns(
      listFlags(command).map((flag) => [formatFlag(flag), flag.summary]),
    )
  }

Examples:
${formatExamples(examples)}
`;
}

/** Writes a flag with all of its names, and its value. */
export function formatFlag({ name, short, aliases = [], value }: Flag): string {
  const names = [
    ...short === undefined ? [] : [`-${short}`],
    ...[name, ...aliases].map((long) => `--${long}`),
  ].join(", ");
  return value === undefined ? names : `${names} ${value}`;
}

function formatExamples(examples: Command["examples"]): string {
  return examples.map(({ summary, line }) => `  # ${summary}\n  ${line}`)
    .join("\n");
}
