/** The line of a text that is no JSON, with a caret, as compilers show it. */
import { unicodeWidth } from "@std/cli/unicode-width";
import type { Excerpt } from "../../vmconf/inspection_findings.ts";
import { chop, steady } from "./width.ts";

/** What is left for the line itself, however long its number is. */
const LEAST_ROOM = 4;

/** Shows the place at which a text stops being JSON. */
export function excerptLines(
  { line, before, after }: Excerpt,
  width: number,
): [source: string, caret: string] {
  const number = `  ${line} | `;
  const room = Math.max(LEAST_ROOM, width - number.length);
  const left = endOf(steady(before), Math.floor(room / 2));
  const leftWidth = unicodeWidth(left);
  const [right = ""] = chop(steady(after), room - leftWidth);
  return [
    number + left + right,
    `${"| ".padStart(number.length)}${" ".repeat(leftWidth)}^`,
  ];
}

/** The last part of a text that has room in so many columns. */
function endOf(text: string, width: number): string {
  let kept = "";
  for (const character of [...text].reverse()) {
    if (unicodeWidth(character + kept) > width) return kept;
    kept = character + kept;
  }
  return kept;
}
