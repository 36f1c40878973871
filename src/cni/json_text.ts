/** JSON text → JSON value, with the strictness of Go's decoder. */
import { quote, VmConfError } from "../errors.ts";
import { MOST_LEVELS, scanJson, type SyntaxFault } from "./json_scan.ts";

/** The longest text that is parsed unless more is allowed: 16 Mi characters. */
export const LONGEST_TEXT = 2 ** 24;

/**
 * Parses a JSON document.
 *
 * Stricter than `JSON.parse`, as Go is: `1.0` and `1e0` are not integers (they
 * become Infinity, which no shape accepts), lone surrogates become U+FFFD, and
 * nesting has a limit.
 */
export function parseJson(text: string, longest = LONGEST_TEXT): unknown {
  if (text.length > longest) throw tooLongError(`${text.length}`, longest);
  const exact = isExact(text) ? text : rewriteForGo(text);
  try {
    return JSON.parse(exact);
  } catch (cause) {
    const fault = scanJson(text);
    throw fault === undefined ? cause : invalidJsonError(text, fault);
  }
}

export function tooLongError(found: string, longest: number): VmConfError {
  return new VmConfError(
    "too-long",
    `Cannot parse the JSON text: expected at most ${longest} characters, found ${found}`,
    {
      hint:
        "A CNI result has a few thousand. --max-length N allows more (in code: options.maxLength).",
    },
  );
}

/** The most levels of a value that will be written again. */
const MOST_WRITTEN = 1_000;

/**
 * Throws if a value has too many levels to be written again: `JSON.stringify` needs
 * stack for each.
 */
export function requireWritable(value: unknown): void {
  let level = [value];
  for (let levels = 0; level.length > 0; levels++) {
    if (levels > MOST_WRITTEN) throw tooDeepError();
    level = level.flatMap((it) => Object.values(isNested(it) ? it : {}));
  }
}

function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

export function tooDeepError(): VmConfError {
  return new VmConfError(
    "invalid-json",
    `Cannot use the JSON text: expected at most ${MOST_WRITTEN} levels, found more`,
  );
}

/** A number with a fraction or an exponent, in an object or a list. */
const INEXACT_NUMBER =
  /[:[,\s]-?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)\s*[,}\]]/;

/** Whether `JSON.parse` reads the text as Go does; false if unsure. */
function isExact(text: string): boolean {
  return !text.includes("\\u") && !INEXACT_NUMBER.test(text) &&
    !mayBeTooDeep(text);
}

function mayBeTooDeep(text: string): boolean {
  if (text.length <= MOST_LEVELS) return false;
  return count(text, "[") + count(text, "{") > MOST_LEVELS;
}

function count(text: string, char: string): number {
  let found = 0;
  let offset = text.indexOf(char);
  while (offset >= 0 && found <= MOST_LEVELS) {
    found++;
    offset = text.indexOf(char, offset + 1);
  }
  return found;
}

function rewriteForGo(text: string): string {
  const parts: string[] = [];
  let copied = 0;
  const fault = scanJson(text, (start, end) => {
    const token = text.slice(start, end);
    const replacement = rewriteScalar(token);
    if (replacement === token) return;
    parts.push(text.slice(copied, start), replacement);
    copied = end;
  });
  if (fault !== undefined) throw invalidJsonError(text, fault);
  return parts.join("") + text.slice(copied);
}

/** JSON for Infinity. */
const BEYOND_NUMBERS = "1e999";

function rewriteScalar(token: string): string {
  if (token.startsWith('"')) {
    return token.includes("\\u")
      ? JSON.stringify(JSON.parse(token).toWellFormed())
      : token;
  }
  return /[.eE]/.test(token) && Number.isInteger(Number(token))
    ? BEYOND_NUMBERS
    : token;
}

function invalidJsonError(text: string, fault: SyntaxFault): VmConfError {
  const { offset, expected } = fault;
  const { line, column } = findPosition(text, offset);
  const [found] = text.slice(offset, offset + 2);
  const isMark = found === "\uFEFF";
  return new VmConfError(
    "invalid-json",
    `Cannot parse the JSON text: line ${line}, column ${column}: expected ${expected}, found ${
      isMark
        ? "a byte order mark (BOM)"
        : found === undefined
        ? "the end"
        : quote(found)
    }`,
    {
      hint: isMark
        ? "Save the text as UTF-8 without BOM."
        : "Give one JSON document, exactly as it was printed.",
    },
  );
}

/** Finds the line and column of an offset. */
export function findPosition(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return {
    line: before.replaceAll(/[^\n]+/g, "").length + 1,
    column: offset - before.lastIndexOf("\n"),
  };
}
