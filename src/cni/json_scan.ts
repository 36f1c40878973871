/**
 * Scans JSON text up to its first fault. Slower than `JSON.parse`, but it says where
 * the fault is, and it needs no stack: nesting cannot exhaust it.
 */

/** The place where a text stops being JSON, and what it should have there. */
export interface SyntaxFault {
  /** The offset in UTF-16 code units. */
  readonly offset: number;
  /** What the text should have there. */
  readonly expected: string;
}

/** Go's decoder allows as many levels. */
export const MOST_LEVELS = 10_000;

const VALUE = "a value";
const VALUE_OR_END = 'a value or "]"';
const NAME = "a member's name in double quotes";
const NAME_OR_END = `${NAME} or "}"`;
const COLON = '":"';
const MORE_ELEMENTS = '"," or "]"';
const MORE_MEMBERS = '"," or "}"';
const NOTHING = "nothing more";

const SPACE = /[ \t\n\r]*/y;
const LITERAL = /true|false|null/y;

/** Scans a JSON document. */
export function scanJson(
  text: string,
  onScalar: (start: number, end: number) => void = () => {},
): SyntaxFault | undefined {
  const closers: string[] = [];
  let expected = VALUE;
  let offset = 0;
  const afterValue = () => {
    const closer = closers.at(-1);
    expected = closer === undefined
      ? NOTHING
      : closer === "]"
      ? MORE_ELEMENTS
      : MORE_MEMBERS;
  };
  while (true) {
    offset = skipPattern(SPACE, text, offset);
    const char = text[offset];
    if (char === undefined) {
      return expected === NOTHING ? undefined : { offset, expected };
    }
    const mayEnd = expected.endsWith(`"${closers.at(-1)}"`);
    const wantsName = expected === NAME || expected === NAME_OR_END;
    const wantsValue = expected === VALUE || expected === VALUE_OR_END;
    if (mayEnd && char === closers.at(-1)) {
      closers.pop();
      offset++;
      afterValue();
    } else if (char === "," && expected === MORE_ELEMENTS) {
      offset++;
      expected = VALUE;
    } else if (char === "," && expected === MORE_MEMBERS) {
      offset++;
      expected = NAME;
    } else if (char === ":" && expected === COLON) {
      offset++;
      expected = VALUE;
    } else if (char === '"' && (wantsName || wantsValue)) {
      const end = findStringEnd(text, offset);
      if (typeof end !== "number") return end;
      onScalar(offset, end);
      offset = end;
      if (wantsName) expected = COLON;
      else afterValue();
    } else if (!wantsValue) {
      return { offset, expected };
    } else if (char === "{" || char === "[") {
      if (closers.length === MOST_LEVELS) {
        return { offset, expected: `at most ${MOST_LEVELS} levels of nesting` };
      }
      closers.push(char === "{" ? "}" : "]");
      expected = char === "{" ? NAME_OR_END : VALUE_OR_END;
      offset++;
    } else if (/[-\d]/.test(char)) {
      const end = findNumberEnd(text, offset);
      if (typeof end !== "number") return end;
      onScalar(offset, end);
      offset = end;
      afterValue();
    } else {
      const end = skipPattern(LITERAL, text, offset);
      if (end === offset) return { offset, expected };
      offset = end;
      afterValue();
    }
  }
}

function skipPattern(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : offset;
}

const HEX = /[\da-fA-F]{4}/y;

/** The offset behind the string that begins at `start`. */
function findStringEnd(text: string, start: number): number | SyntaxFault {
  for (let offset = start + 1; offset < text.length; offset++) {
    const char = text.charAt(offset);
    if (char === '"') return offset + 1;
    if (char < " ") {
      return { offset, expected: "an escape such as \\n in a string" };
    }
    if (char !== "\\") continue;
    offset++;
    const escape = text.charAt(offset);
    if (escape === "u" && skipPattern(HEX, text, offset + 1) > offset + 1) {
      offset += 4;
    } else if (escape === "u" || !'"\\/bfnrt'.includes(escape)) {
      return { offset: offset - 1, expected: "a valid escape of JSON" };
    }
  }
  return { offset: text.length, expected: 'a closing "' };
}

/** The offset behind the number that begins at `start`. */
function findNumberEnd(text: string, start: number): number | SyntaxFault {
  let offset = text[start] === "-" ? start + 1 : start;
  const digits = () => {
    const first = offset;
    while (/\d/.test(text.charAt(offset))) offset++;
    return offset > first;
  };
  if (text[offset] === "0") offset++;
  else if (!digits()) return { offset, expected: "a digit" };
  if (text[offset] === ".") {
    offset++;
    if (!digits()) return { offset, expected: "a digit" };
  }
  if (/[eE]/.test(text.charAt(offset))) {
    offset++;
    if (/[+-]/.test(text.charAt(offset))) offset++;
    if (!digits()) return { offset, expected: "a digit" };
  }
  return offset;
}
