/** Stands in for `unicodeWidth` of `@std/cli`. */

/** Marks that take no space, control characters, and later parts of Hangul. */
const NO_WIDTH = /^(?!\u00ad)[\u1160-\u11ff\p{Mn}\p{Me}\p{Cc}\p{Cf}]$/u;
/** What Unicode calls wide and full-width. */
const WIDE =
  /^(?!\p{RI})[\u1100-\u115f\u2e80-\u303e\u3041-\u3247\u3250-\u4dbf\u4e00-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18d08}\u{1b000}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;

export function unicodeWidth(text: string): number {
  return [...text].reduce((width, char) => width + widthOf(char), 0);
}

function widthOf(char: string): number {
  if (NO_WIDTH.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}
