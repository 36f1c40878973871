/** An explanation of an `ip=` parameter, for people. */
import { printable } from "../errors.ts";
import {
  IP_READERS,
  type IpExplanation,
  type IpReader,
} from "../formats/explain.ts";
import { twoColumns } from "./table.ts";

/** Of the longest name, `client-ip`. */
const NAME_WIDTH = 9;

/**
 * Puts an explanation into words.
 *
 * @param explanation The explanation.
 * @returns The fields, and then the readers.
 */
export function explanationText(
  { parameter, fields, readers }: IpExplanation,
): string {
  const shown = fields.map(({ value }) => printable(value) || "(empty)");
  const width = Math.max(...shown.map((value) => value.length));
  const named = fields.map(({ name, meaning }, index) =>
    `  ${name.padEnd(NAME_WIDTH)}  ${shown[index]?.padEnd(width)}  ${meaning}`
  );
  const told = (Object.keys(readers) as IpReader[]).map(
    (reader): [string, string] => [
      reader,
      readers[reader].length === 0
        ? `takes it as it is meant: ${IP_READERS[reader]}`
        : `${readers[reader].join("; ")}`,
    ],
  );
  return `${printable(parameter)}\n\n${named.join("\n")}\n\n${
    twoColumns(told)
  }\n`;
}
