/** Writes the tables of commands and formats into the READMEs: `deno task readme`. */
import { loadCommands } from "../src/cli/commands.ts";
import { toFlagName } from "../src/cli/rendering.ts";
import type { FormatOption } from "../src/formats/format.ts";
import {
  FORMAT_FIELDS,
  FORMAT_NAMES,
  FORMAT_SUPPORT,
  type FormatField,
  type FormatName,
  FORMATS,
  type SupportLevel,
} from "../src/formats/format_table.ts";
import { repositoryPath } from "./child.ts";

type Row = readonly string[];

function writeTable(head: Row, marks: Row, rows: readonly Row[]): string {
  return [head, marks, ...rows]
    .map((row) => `| ${row.map(escapeCell).join(" | ")} |\n`).join("");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}

async function writeCommands(): Promise<string> {
  return writeTable(
    ["command", "what it does"],
    ["---", "---"],
    (await loadCommands()).map(({ name, operands, summary }) => [
      `\`${`${name} ${operands}`.trim()}\``,
      summary,
    ]),
  );
}

const SIGNS: Readonly<Record<SupportLevel, string>> = {
  yes: "●",
  part: "◐",
  no: "–",
  guest: "",
};

const FIELDS = Object.keys(FORMAT_FIELDS) as FormatField[];

/** The formats in five columns, to choose one. */
function writeShortFormats(): string {
  return writeTable(
    ["format", "what it is", "IPv6", "several NICs", "what it leaves out"],
    ["---", "---", ":-:", ":-:", "---"],
    FORMAT_NAMES.map((name) => [
      `\`${name}\``,
      FORMATS[name].summary,
      SIGNS[FORMAT_SUPPORT[name].ipv6],
      SIGNS[FORMAT_SUPPORT[name].several],
      describeLosses(name),
    ]),
  );
}

/** What most people would miss, of that which a format does not support. */
function describeLosses(name: FormatName): string {
  const support = FORMAT_SUPPORT[name];
  if (Object.values(support).includes("guest")) {
    return "all else: configure it in the guest";
  }
  const attributes: readonly FormatField[] = [
    "priority",
    "routeMtu",
    "advmss",
    "table",
    "scope",
  ];
  const lost = attributes.filter((field) => support[field] === "no");
  const words = lost.length > 1
    ? ["most attributes of routes"]
    : lost.map((field) => FORMAT_FIELDS[field]);
  const others = (["mac", "mtu"] as const)
    .filter((field) => support[field] === "no");
  const dns = (["nameservers", "search", "resolverOptions"] as const)
    .filter((field) => support[field] === "no");
  return [
    ...others.map((field) => FORMAT_FIELDS[field]),
    ...words,
    ...dns.map((field) => FORMAT_FIELDS[field]),
  ].join(", ");
}

/** What each format supports of each field. */
function writeSupport(): string {
  return writeTable(
    ["", ...FORMAT_NAMES.map((name) => `\`${name}\``)],
    ["---", ...FORMAT_NAMES.map(() => ":-:")],
    FIELDS.map((field) => [
      FORMAT_FIELDS[field],
      ...FORMAT_NAMES.map((name) => SIGNS[FORMAT_SUPPORT[name][field]]),
    ]),
  );
}

function writeOptions(): string {
  return writeTable(
    ["format", "flag", "in code", "what it is"],
    ["---", "---", "---", "---"],
    Object.entries(FORMATS).flatMap(([name, { options }]) =>
      Object.entries<FormatOption>(options).map((
        [option, { value, summary }],
      ) => [
        `\`${name}\``,
        `\`--${toFlagName(option)} ${value}\``,
        `\`${option}\``,
        summary,
      ])
    ),
  );
}

/** The tables of each file, by the names of the marks around them. */
const TABLES: Readonly<
  Record<string, Readonly<Record<string, () => string | Promise<string>>>>
> = {
  "README.md": { commands: writeCommands, formats: writeShortFormats },
  "src/formats/README.md": { support: writeSupport, options: writeOptions },
};

function matchTable(name: string): RegExp {
  return new RegExp(`(?<=<!-- ${name} -->\n)[^]*(?=<!-- end of ${name} -->)`);
}

/** A table as a README has it, and as it should be. */
export interface FoundTable {
  readonly found: string;
  readonly expected: string;
}

/** Finds the tables of the READMEs. */
export async function findTables(): Promise<FoundTable[]> {
  const found: FoundTable[] = [];
  for (const [file, tables] of Object.entries(TABLES)) {
    const text = await Deno.readTextFile(repositoryPath(file));
    for (const [name, write] of Object.entries(tables)) {
      const [table = ""] = text.match(matchTable(name)) ?? [];
      found.push({ found: table, expected: await write() });
    }
  }
  return found;
}

if (import.meta.main) {
  for (const [file, tables] of Object.entries(TABLES)) {
    let text = await Deno.readTextFile(repositoryPath(file));
    for (const [name, write] of Object.entries(tables)) {
      const table = await write();
      text = text.replace(matchTable(name), () => `\n${table}\n`);
    }
    await Deno.writeTextFile(repositoryPath(file), text);
  }
}
