/** The manual page, made from the table of commands. */
import config from "../../deno.json" with { type: "json" };
import { type Command, type Example, listFlags } from "./command.ts";
import {
  EXIT_DONE,
  EXIT_FAILED,
  EXIT_SIGNALS,
  EXIT_USAGE,
} from "./exit_codes.ts";
import { EX_SOFTWARE } from "../linux/abi/process.ts";
import { formatFlag } from "./help.ts";
import { joinParagraphs } from "./layout.ts";

const EXIT_STATUS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT_DONE, "success"],
  [EXIT_FAILED, "an error in the input, or from the system"],
  [EXIT_USAGE, "a wrong command line"],
  [EX_SOFTWARE, "the process could not leave a network namespace, and ended"],
  ...Object.entries(EXIT_SIGNALS).map(([signal, code]) =>
    [code, `stopped by ${signal}`] as const
  ),
];

const ENVIRONMENT: readonly (readonly [variable: string, meaning: string])[] = [
  ["NO_COLOR", "if set, the output has no colours"],
  ["VMCONF_LIBRARY", "the path of libnl-route or libc, which is tried first"],
  ["NETCONFPATH", "the folders with network configurations"],
  ["CNI_PATH", "the folders with plugins"],
];

/** Writes the manual page, in the language of man(7). */
export function formatManualPage(commands: readonly Command[]): string {
  return `.TH VMCONF 1 "" "vmconf ${escape(config.version)}" "User Commands"
.SH NAME
vmconf \\- turn the result of a CNI chain into the network of a microVM
.SH SYNOPSIS
.B vmconf
.I COMMAND
.RI [ ARGUMENTS ]
.SH DESCRIPTION
Results go to standard output, everything else to standard error.
.SH COMMANDS
${commands.map(formatCommand).join("\n")}
.SH EXIT STATUS
${
    EXIT_STATUS.map(([code, meaning]) => formatEntry(`${code}`, meaning)).join(
      "\n",
    )
  }
.SH ENVIRONMENT
${ENVIRONMENT.map(([name, meaning]) => formatEntry(name, meaning)).join("\n")}
`;
}

function formatCommand(command: Command): string {
  const { name, operands, summary, description, examples } = command;
  return `.SS "${escape(`${name} ${operands}`.trim())}"
${escape(summary)}
.PP
${joinParagraphs(description).map(formatParagraph).join("\n")}
${
    listFlags(command).map((flag) =>
      formatEntry(formatFlag(flag), flag.summary)
    ).join("\n")
  }
${examples.map(formatExample).join("\n")}`;
}

function formatExample({ summary, line }: Example): string {
  return `.PP
Example, ${escape(summary)}:
.PP
.nf
.RS
${escape(line)}
.RE
.fi`;
}

function formatEntry(term: string, meaning: string): string {
  return `.TP
.B ${escape(term)}
${escape(meaning)}`;
}

function formatParagraph(line: string): string {
  if (line === "") return ".PP";
  return line.startsWith(" ") ? `.nf\n${escape(line)}\n.fi` : escape(line);
}

/** A dot or an apostrophe at the start of a line would begin a request. */
function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-")
    .replace(/^[.']/, "\\&$&");
}
