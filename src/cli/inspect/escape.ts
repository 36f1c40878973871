/** Text of a result, made safe to be shown beside other text. */
import { printable, quote } from "../../errors.ts";

/**
 * Printable characters that move or change their neighbours: marks that combine
 * with the letter before them, and the blocks that are written from right to
 * left (Unicode Standard Annex 9, section 3.2: `R` and `AL` by default).
 */
const UNSTABLE =
  /\p{M}|[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/gu;

const LONGEST_SHOWN = 400;

/** Escapes a text for a layout, and shortens a very long one. */
export function escapeForLayout(text: string): string {
  const shown = text.length <= LONGEST_SHOWN
    ? text
    : `${text.slice(0, LONGEST_SHOWN)}… (${text.length} characters)`;
  return printable(shown).replace(
    UNSTABLE,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** Shows a value from a result: one word as it is, anything else in quotes. */
export function formatValue(text: string): string {
  return /^[^\s"\\,]+$/u.test(text) && printable(text) === text
    ? escapeForLayout(text)
    : escapeForLayout(quote(text));
}
