/** Text that may be anything, made to fit where it is shown. */
import { unicodeWidth } from "@std/cli/unicode-width";
import { printable, quote } from "../../errors.ts";

/**
 * What is printable, but changes the place or the width of its neighbours:
 * marks that are put above others, and the blocks whose letters run from right
 * to left (Unicode Standard Annex 9, section 3.2: `R` and `AL` by default).
 */
const UNSTEADY =
  /\p{M}|[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/gu;

const LONGEST_SHOWN = 400;

/** Makes a text safe to be shown in the middle of others. */
export function steady(text: string): string {
  const shown = text.length <= LONGEST_SHOWN
    ? text
    : `${text.slice(0, LONGEST_SHOWN)}… (${text.length} characters)`;
  return printable(shown).replace(
    UNSTEADY,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/**
 * Shows a value from a result: as it is if it is one word, else in quotes.
 */
export function word(text: string): string {
  return /^[^\s"\\,]+$/u.test(text) && printable(text) === text
    ? steady(text)
    : steady(quote(text));
}

/** Breaks a text into lines, at spaces where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line: string | undefined;
  for (const part of text.split(" ")) {
    const longer = line === undefined ? part : `${line} ${part}`;
    if (unicodeWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== undefined) lines.push(line);
    const pieces = chop(part, width);
    line = pieces.pop();
    for (const piece of pieces) lines.push(piece);
  }
  return [...lines, line ?? ""];
}

/** Breaks a text wherever a line is full. */
export function chop(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  let used = 0;
  for (const character of text) {
    const columns = unicodeWidth(character);
    if (used + columns > width) {
      lines.push(line);
      line = "";
      used = 0;
    }
    line += character;
    used += columns;
  }
  return [...lines, line];
}
