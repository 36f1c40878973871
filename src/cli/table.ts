/** Two columns of text, for terminals of 80 columns. */

/** The columns of a terminal. */
export const WIDTH = 80;
const GAP = "  ";

/** The left column grows no further: longer entries have a line to themselves. */
const WIDEST_LEFT = 28;

/** Lays out two columns; the right one is wrapped. */
export function twoColumns(
  rows: readonly (readonly [left: string, right: string])[],
  indent = GAP,
): string {
  const width = rows.map(([left]) => left.length)
    .filter((length) => length <= WIDEST_LEFT)
    .reduce((widest, length) => Math.max(widest, length), 0);
  const before = indent + " ".repeat(width) + GAP;
  return rows.flatMap(([left, right]) => {
    const [first = "", ...more] = wrapped(right, WIDTH - before.length);
    const rest = more.map((line) => before + line);
    return left.length > WIDEST_LEFT
      ? [indent + left, before + first, ...rest]
      : [`${indent}${left.padEnd(width)}${GAP}${first}`, ...rest];
  }).map((line) => line.trimEnd()).join("\n");
}

/** Breaks a text at its spaces. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last === undefined || longer.length > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
