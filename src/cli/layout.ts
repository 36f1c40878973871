/** Text in lines and columns of a terminal. */
import { unicodeWidth } from "@std/cli/unicode-width";

/** The columns of a usual terminal. */
export const TERMINAL_WIDTH = 80;
const GAP = "  ";

/** A longer entry of the left column has a line of its own. */
const WIDEST_LEFT = 28;

/** Lays out two columns, and wraps the right one. */
export function formatColumns(
  rows: readonly (readonly [left: string, right: string])[],
  indent = GAP,
): string {
  const width = rows.map(([left]) => left.length)
    .filter((length) => length <= WIDEST_LEFT)
    .reduce((widest, length) => Math.max(widest, length), 0);
  const hang = indent + " ".repeat(width) + GAP;
  return rows.flatMap(([left, right]) => {
    const lines = wrapText(right, TERMINAL_WIDTH - hang.length);
    return left.length > WIDEST_LEFT
      ? [indent + left, ...hangLines(lines, hang, hang)]
      : hangLines(lines, indent + left.padEnd(width) + GAP, hang);
  }).map((line) => line.trimEnd()).join("\n");
}

/** Puts one text before the first line, and another one before all others. */
export function hangLines(
  [first = "", ...others]: readonly string[],
  beforeFirst: string,
  beforeOthers: string,
): string[] {
  return [beforeFirst + first, ...others.map((line) => beforeOthers + line)];
}

/** Fills paragraphs; lines that begin with a space stay as they are. */
export function fillParagraphs(text: string): string {
  return joinParagraphs(text).flatMap((line) =>
    line.startsWith(" ") ? [line] : wrapText(line, TERMINAL_WIDTH)
  ).join("\n");
}

/** Makes one line of each paragraph, but not of lines that begin with a space. */
export function joinParagraphs(text: string): string[] {
  return text.replaceAll(/^(\S.*)\n(?=\S)/gm, "$1 ").split("\n");
}

/** Breaks a text at spaces only: a path that is too long can still be copied. */
export function wrapText(text: string, width: number): string[] {
  return joinWords(text.split(" "), width);
}

/** Breaks a text at spaces, and in words that are longer than a line. */
export function fitText(text: string, width: number): string[] {
  // Two pieces of one word never share a line: together they are too long.
  return joinWords(
    text.split(" ").flatMap((word) => chopText(word, width)),
    width,
  );
}

function joinWords(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last === undefined || unicodeWidth(longer) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** Breaks a text wherever a line is full. */
export function chopText(text: string, width: number): string[] {
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
