/** Files of the kinds that several formats write. */
import { serializeJson } from "../cni/serialize_json.ts";
import type { RenderedFile } from "./format.ts";
import { quoteShellWord } from "./shell_words.ts";

/** Makes a JSON file for people and programs. */
export function makeJsonFile(name: string, value: object): RenderedFile {
  return { name, text: `${serializeJson(value, 2)}\n` };
}

/** Marks a file as one that is written into a folder, but not printed. */
export function makeCompanion(file: RenderedFile): RenderedFile {
  return { ...file, companion: true };
}

/**
 * Makes files of a program's arguments: one line of shell words to paste or to
 * `eval`, and for programs a list without quoting.
 */
export function makeArgumentFiles(
  name: string,
  args: readonly string[],
): RenderedFile[] {
  return [
    { name: `${name}.args`, text: `${args.map(quoteShellWord).join(" ")}\n` },
    makeCompanion(makeJsonFile(`${name}.args.json`, args)),
  ];
}

/** A section of an INI file; a setting without value is left out. */
export type IniSection = readonly [
  name: string,
  settings: readonly IniSetting[],
];

/** A setting of an INI file. */
export type IniSetting = readonly [
  key: string,
  value: string | number | undefined,
];

/**
 * Writes an INI file, as systemd and NetworkManager read it. The values are
 * checked before: they have neither line breaks nor backslashes to escape.
 */
export function writeIni(sections: readonly IniSection[]): string {
  return sections.map(([name, settings]) =>
    `[${name}]\n` +
    settings.filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${value}\n`).join("")
  ).join("\n");
}
