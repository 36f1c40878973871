/** `vmconf explain`: explains an `ip=`. */
import { printable } from "../../errors.ts";
import {
  type ExplainedIp,
  type ExplainedLine,
  explainLine,
} from "../../formats/explain.ts";
import { IP_READERS } from "../../formats/explain_readers.ts";
import type { Command } from "../command.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { readText } from "../input.ts";
import { formatColumns } from "../layout.ts";
import { addColour, print, printJson } from "../output.ts";

/** Bytes; the kernel's longest command lines have 4096. */
const LONGEST = 65_536;

export const explain: Command = {
  name: "explain",
  operands: "[LINE]",
  summary: "Name the fields of an ip=, and say how each reader reads them.",
  description:
    `LINE is an ip= or a whole kernel command line; without it, vmconf reads the
line from standard input. Explains each ip= before "--". For each program that
reads ip= in a guest, says whether it reads the value as written, reads it
differently, or refuses it, and why. With --json, prints all of it as JSON.`,
  flags: [],
  examples: [
    {
      summary: "the fields of a line",
      line: "vmconf explain 'ip=10.0.0.2::10.0.0.1:24::eth0:off:10.0.0.53'",
    },
    {
      summary: "the programs that read what vmconf writes as it is written",
      line:
        `vmconf convert result.json --id vm-1 --format ip | vmconf explain --json | jq -r '.parameters[].readings[] | select(.verdict == "as-written").reader'`,
    },
  ],
  run: ({ flags, operands: [line] }) => {
    const explained = explainLine(line ?? readText("-", LONGEST));
    if (flags.has("json")) printJson(explained, 2);
    else print(formatLine(explained));
    return EXIT_DONE;
  },
};

function formatLine({ parameters, remarks }: ExplainedLine): string {
  return [
    ...parameters.map(formatParameter),
    ...remarks.map((remark) => `${remark}\n`),
  ].join("\n");
}

/** Verdicts as people read them, and their colours. */
const VERDICTS = {
  "as-written": ["green", "as written"],
  differently: ["yellow", "differently"],
  refused: ["red", "refused"],
} as const;

function formatParameter({ value, fields, readings }: ExplainedIp): string {
  const rows = fields.map(({ position, name, value, meaning }) =>
    [
      `${position} ${name} ${value === "" ? "-" : printable(value)}`,
      meaning,
    ] as const
  );
  const lines = readings.map(({ reader, verdict, remarks }) => {
    const [colour, words] = VERDICTS[verdict];
    return [
      `  ${IP_READERS[reader]}: ${addColour(colour, words, Deno.stdout)}`,
      ...remarks.map((remark) => `    ${remark}`),
    ].join("\n");
  });
  return `ip=${printable(value)}\n${formatColumns(rows)}\nread by\n${
    lines.join("\n")
  }\n`;
}
