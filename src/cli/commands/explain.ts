/** `vmconf explain`: what an `ip=` says, and to whom. */
import { printable } from "../../errors.ts";
import type { ExplainedIp, ExplainedLine } from "../../formats/explain.ts";
import type { Command } from "../command.ts";
import { addColour, print, printJson } from "../output.ts";
import { formatColumns } from "../layout.ts";

/** Bytes; the kernel's longest command lines have 4096. */
const LONGEST = 65_536;

/** The command. */
export const explain: Command = {
  name: "explain",
  operands: "[LINE]",
  operandCount: [0, 1],
  summary: "Name the fields of an ip=, and tell who reads it how.",
  description:
    `LINE is an ip= or a whole kernel command line, of which each ip= before "--" is
explained; without it, it is read from standard input. For each program that
reads ip= in a guest it says whether it is read as written, otherwise, or
refused, and why. With --json all of it is JSON.`,
  flags: [],
  examples: [
    {
      summary: "a line that was counted by hand",
      line: "vmconf explain 'ip=10.0.0.2::10.0.0.1:24::eth0:off:10.0.0.53'",
    },
    {
      summary: "who reads what vmconf writes as written",
      line:
        `vmconf convert result.json --container-id vm-1 --format ip | vmconf explain --json | jq -r '.parameters[].readings[] | select(.verdict == "as-written").reader'`,
    },
  ],
  run: async ({ flags, operands: [given] }) => {
    const { explainLine } = await import("../../formats/explain.ts");
    const line = given ?? await standardInput();
    const explained = explainLine(line);
    if (flags.has("json")) printJson(explained, 2);
    else print(await textOf(explained));
    return 0;
  },
};

async function standardInput(): Promise<string> {
  const { readText } = await import("../input.ts");
  return readText("-", LONGEST);
}

async function textOf({ parameters, remarks }: ExplainedLine): Promise<string> {
  const { IP_READERS } = await import("../../formats/explain_traps.ts");
  const parts = parameters.map((parameter) =>
    parameterText(parameter, IP_READERS)
  );
  const about = remarks.map((remark) => `${remark}\n`);
  return [...parts, ...about].join("\n");
}

/** Verdicts as people read them, and their colours. */
const VERDICTS = {
  "as-written": ["green", "as written"],
  otherwise: ["yellow", "otherwise"],
  refused: ["red", "refused"],
} as const;

function parameterText(
  { value, fields, readings }: ExplainedIp,
  names: Readonly<Record<string, string>>,
): string {
  const rows = fields.map(({ position, name, value, meaning }) =>
    [
      `${position} ${name} ${value === "" ? "-" : printable(value)}`,
      meaning,
    ] as const
  );
  const told = readings.map(({ reader, verdict, remarks }) => {
    const [colour, words] = VERDICTS[verdict];
    return [
      `  ${names[reader]}: ${addColour(colour, words, Deno.stdout)}`,
      ...remarks.map((remark) => `    ${remark}`),
    ].join("\n");
  });
  return `ip=${printable(value)}\n${formatColumns(rows)}\nread by\n${
    told.join("\n")
  }\n`;
}
