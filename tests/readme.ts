/** Puts the table of formats into the README: `deno task readme`. */
import {
  type Carriage,
  CARRIED,
  type Field,
  FIELDS,
  FORMAT_NAMES,
} from "../src/formats/registry.ts";
import { repositoryPath } from "./child.ts";

const SIGNS: Readonly<Record<Carriage, string>> = {
  yes: "●",
  part: "◐",
  no: "–",
  guest: "",
};

const README = repositoryPath("README.md");
const TABLE = /(?<=<!-- formats -->\n)[^]*(?=<!-- end of formats -->)/;

/** The table of what each format carries, in Markdown. */
export function formatTable(): string {
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

/** The table that the README has. */
export async function tableInReadme(): Promise<string> {
  return (await Deno.readTextFile(README)).match(TABLE)?.[0] ?? "";
}

if (import.meta.main) {
  const text = await Deno.readTextFile(README);
  await Deno.writeTextFile(README, text.replace(TABLE, `\n${formatTable()}\n`));
}
