/** The line at which a text stops being JSON, with a caret below the place. */
import { unicodeWidth } from "@std/cli/unicode-width";
import type { Excerpt } from "../../vmconf/inspection_findings.ts";
import { chopText } from "../layout.ts";
import { escapeForLayout } from "./escape.ts";

/** The columns that are left for the text, however long the line's number is. */
const LEAST_COLUMNS = 4;

export function formatExcerpt(
  { line, before, after }: Excerpt,
  width: number,
): [source: string, caret: string] {
  const number = `  ${line} | `;
  const columns = Math.max(LEAST_COLUMNS, width - number.length);
  const left = takeEnd(escapeForLayout(before), Math.floor(columns / 2));
  const leftWidth = unicodeWidth(left);
  const [right = ""] = chopText(escapeForLayout(after), columns - leftWidth);
  return [
    number + left + right,
    `${"| ".padStart(number.length)}${" ".repeat(leftWidth)}^`,
  ];
}

/** Takes as much of the end of a text as fits into some columns. */
function takeEnd(text: string, width: number): string {
  let kept = "";
  for (const character of [...text].reverse()) {
    if (unicodeWidth(character + kept) > width) return kept;
    kept = character + kept;
  }
  return kept;
}
