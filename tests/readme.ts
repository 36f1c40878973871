/** Puts tables of formats and commands into the README: `deno task readme`. */
import {
  FORMAT_FIELDS,
  FORMAT_NAMES,
  FORMAT_SUPPORT,
  type FormatField,
  type SupportLevel,
} from "../src/formats/registry.ts";
import { loadCommands } from "../src/cli/commands.ts";
import { repositoryPath } from "./child.ts";

const SIGNS: Readonly<Record<SupportLevel, string>> = {
  yes: "●",
  part: "◐",
  no: "–",
  guest: "",
};

const README = repositoryPath("README.md");
/** The table of what each format carries, in Markdown. */
function formatTable(): string {
  const fields = Object.keys(FORMAT_FIELDS) as FormatField[];
  const rows = [
    ["format", ...fields.map((field) => FORMAT_FIELDS[field])],
    ["---", ...fields.map(() => ":-:")],
    ...FORMAT_NAMES.map((name) => [
      `\`${name}\``,
      ...fields.map((field) => SIGNS[FORMAT_SUPPORT[name][field]]),
    ]),
  ];
  return rows.map((row) => `| ${row.join(" | ")} |\n`).join("");
}

/** The table of commands, in Markdown. */
async function commandTable(): Promise<string> {
  const rows = [
    ["command", "what it does"],
    ["---", "---"],
    ...(await loadCommands()).map(({ name, operands, summary }) => [
      `\`${`${name} ${operands}`.trim().replaceAll("|", "\\|")}\``,
      summary,
    ]),
  ];
  return rows.map((row) => `| ${row.join(" | ")} |\n`).join("");
}

/** The tables, by the name between whose marks they stand. */
const TABLES: Readonly<Record<string, () => string | Promise<string>>> = {
  commands: commandTable,
  formats: formatTable,
};

function between(name: string): RegExp {
  return new RegExp(`(?<=<!-- ${name} -->\n)[^]*(?=<!-- end of ${name} -->)`);
}

/** Each table as the README has it, and as it should be. */
export async function tables(): Promise<[found: string, expected: string][]> {
  const text = await Deno.readTextFile(README);
  return await Promise.all(
    Object.entries(TABLES).map(async ([name, table]): Promise<
      [string, string]
    > => [text.match(between(name))?.[0] ?? "", await table()]),
  );
}

if (import.meta.main) {
  let text = await Deno.readTextFile(README);
  for (const [name, table] of Object.entries(TABLES)) {
    const written = await table();
    text = text.replace(between(name), () => `\n${written}\n`);
  }
  await Deno.writeTextFile(README, text);
}
