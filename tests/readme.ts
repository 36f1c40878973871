/** Puts tables of formats and commands into the README: `deno task readme`. */
import {
  type Carriage,
  CARRIED,
  type Field,
  FIELDS,
  FORMAT_NAMES,
} from "../src/formats/registry.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { repositoryPath } from "./child.ts";

const SIGNS: Readonly<Record<Carriage, string>> = {
  yes: "●",
  part: "◐",
  no: "–",
  guest: "",
};

const README = repositoryPath("README.md");
/** The table of what each format carries, in Markdown. */
function formatTable(): string {
  const fields = Object.keys(FIELDS) as Field[];
  const rows = [
    ["format", ...fields.map((field) => FIELDS[field])],
    ["---", ...fields.map(() => ":-:")],
    ...FORMAT_NAMES.map((name) => [
      `\`${name}\``,
      ...fields.map((field) => SIGNS[CARRIED[name][field]]),
    ]),
  ];
  return rows.map((row) => `| ${row.join(" | ")} |\n`).join("");
}

/** The table of commands, in Markdown. */
function commandTable(): string {
  const rows = [
    ["command", "what it does"],
    ["---", "---"],
    ...COMMANDS.map(({ name, operands, summary }) => [
      `\`${`${name} ${operands}`.trim().replaceAll("|", "\\|")}\``,
      summary,
    ]),
  ];
  return rows.map((row) => `| ${row.join(" | ")} |\n`).join("");
}

/** The tables, by the name between whose marks they stand. */
const TABLES: Readonly<Record<string, () => string>> = {
  commands: commandTable,
  formats: formatTable,
};

function between(name: string): RegExp {
  return new RegExp(`(?<=<!-- ${name} -->\n)[^]*(?=<!-- end of ${name} -->)`);
}

/** Each table as the README has it, and as it should be. */
export async function tables(): Promise<[found: string, expected: string][]> {
  const text = await Deno.readTextFile(README);
  return Object.entries(TABLES).map(([name, table]) => [
    text.match(between(name))?.[0] ?? "",
    table(),
  ]);
}

if (import.meta.main) {
  let text = await Deno.readTextFile(README);
  for (const [name, table] of Object.entries(TABLES)) {
    text = text.replace(between(name), () => `\n${table()}\n`);
  }
  await Deno.writeTextFile(README, text);
}
