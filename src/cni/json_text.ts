/** JSON text → JSON value, with the strictness of Go's decoder. */
import { VmConfError } from "../errors.ts";

/** A member whose value is a number with a fraction or an exponent. */
const INEXACT_MEMBER = /"\s*:\s*-?\d+[.eE]/;

/** The escape of a surrogate, which may be a lone one. */
const SURROGATE = /\\u[dD][89a-fA-F]/;

/**
 * Parses a JSON document.
 *
 * Go takes `1.0` and `1e0` for no integers; `JSON.parse` makes 1 of them. They
 * come back as boxed strings, which no schema takes for a number. Lone
 * surrogates become U+FFFD, as in Go.
 *
 * @param text The document.
 * @returns Its value.
 * @throws {VmConfError} `invalid-json` if it is not one JSON document.
 */
export function parseJson(text: string): unknown {
  if (text.startsWith("\uFEFF")) {
    throw new VmConfError(
      "invalid-json",
      "Cannot parse the CNI result: expected JSON, found a byte order mark (BOM) at line 1, column 1",
      { hint: "Save the text as UTF-8 without BOM." },
    );
  }
  try {
    return INEXACT_MEMBER.test(text) || SURROGATE.test(text)
      ? JSON.parse(text, asInGo)
      : JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new VmConfError(
      "invalid-json",
      text.trim() === ""
        ? "Cannot parse the CNI result: expected a JSON object, found nothing"
        : `Cannot parse the CNI result: ${cause.message}`,
      {
        cause,
        hint:
          "Give exactly what the last CNI plugin printed on its standard output.",
      },
    );
  }
}

function asInGo(
  _key: string,
  value: unknown,
  context?: { source?: string },
): unknown {
  if (typeof value === "string") return value.toWellFormed();
  const source = context?.source;
  return Number.isInteger(value) && source !== undefined && /[.eE]/.test(source)
    ? Object(source)
    : value;
}
