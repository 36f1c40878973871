/** Stands in for `unicodeWidth` of `@std/cli`, for what the tests print. */

const NOTHING = /^[\p{M}\p{Cc}\p{Cf}]$/u;
const WIDE =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u303e\u3200-\u33ff\uff01-\uff60\uffe0-\uffe6]$/u;

export function unicodeWidth(text: string): number {
  return [...text].reduce((width, char) => width + widthOf(char), 0);
}

function widthOf(char: string): number {
  if (NOTHING.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}
