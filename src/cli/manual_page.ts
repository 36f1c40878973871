/** The manual page, made from the table of commands. */
import config from "../../deno.json" with { type: "json" };
import { type Command, COMMON_FLAGS, type Flag } from "./command.ts";
import { flagText } from "./help.ts";

/** Makes the manual page. */
export function manualPage(commands: readonly Command[]): string {
  return `.TH VMCONF 1 "" "vmconf ${escaped(config.version)}" "User Commands"
.SH NAME
vmconf \\- turn the result of a CNI chain into the network of a microVM
.SH SYNOPSIS
.B vmconf
.I COMMAND
.RI [ ARGUMENTS ]
.SH DESCRIPTION
Results go to standard output, everything else to standard error.
.SH COMMANDS
${commands.map(commandSection).join("\n")}
.SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
the input or the system says no
.TP
.B 2
wrong usage
.TP
.B 70
the process could not leave a network namespace, and ended
.TP
.B 130
interrupted
.SH ENVIRONMENT
.TP
.B NO_COLOR
no colour, if it is set
.TP
.B VMCONF_LIBRARY
the path of libnl\\-route or libc, before all others
`;
}

function commandSection(command: Command): string {
  const { name, operands, summary, description, flags, examples } = command;
  return `.SS "${escaped(`${name} ${operands}`.trim())}"
${escaped(summary)}
.PP
.nf
${lines(description)}
.fi
${[...flags, ...COMMON_FLAGS].map(flagEntry).join("\n")}
${
    examples.map(({ summary, line }) =>
      `.PP
Example, ${escaped(summary)}:
.PP
.nf
.RS
${lines(line)}
.RE
.fi`
    ).join("\n")
  }`;
}

function flagEntry(flag: Flag): string {
  return `.TP
.B ${escaped(flagText(flag))}
${escaped(flag.summary)}`;
}

function lines(text: string): string {
  return text.split("\n").map(escaped).join("\n");
}

/** A dot or an apostrophe at the head of a line would be a request. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-")
    .replace(/^[.']/, "\\&$&");
}
