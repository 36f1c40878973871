/** Writes JSON that a terminal can show safely. */
import { printable } from "../errors.ts";

/**
 * Writes a value as JSON, and escapes everything invisible: nothing in an untrusted
 * value can move the cursor, reverse its neighbours or hide.
 */
export function serializeJson(value: object, indent?: number): string {
  return escapeJson(JSON.stringify(value, null, indent));
}

/** Nearly every text. */
const PLAIN = /^[\n -~]*$/;

/** Escapes everything invisible in a JSON text, except line breaks. */
export function escapeJson(text: string): string {
  if (PLAIN.test(text)) return text;
  // Within strings JSON.stringify has escaped line breaks already.
  return text.split("\n").map((line) => printable(line, escapeUnits)).join(
    "\n",
  );
}

function escapeUnits(character: string): string {
  return character.split("").map((unit) =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
  ).join("");
}
