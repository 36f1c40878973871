/** Files of the kinds that several formats make. */
import { serializeJson } from "../cni/serialize_json.ts";
import type { RenderedFile } from "./format.ts";
import { shellWord } from "./shell_words.ts";

/** Makes a JSON file for people and programs. */
export function jsonFile(name: string, value: object): RenderedFile {
  return { name, text: `${serializeJson(value, 2)}\n` };
}

/** Makes a file one that only goes along with others into a folder. */
export function companion(file: RenderedFile): RenderedFile {
  return { ...file, companion: true };
}

/**
 * Makes files of a program's arguments: one line of shell words to paste or to
 * `eval`, and for programs a list without quoting.
 */
export function argumentFiles(
  name: string,
  args: readonly string[],
): RenderedFile[] {
  return [
    { name: `${name}.args`, text: `${args.map(shellWord).join(" ")}\n` },
    companion(jsonFile(`${name}.args.json`, args)),
  ];
}
