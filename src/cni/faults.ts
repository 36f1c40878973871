/** What is wrong with a value: as data, and in words. */
import { type ErrorCode, quote, VmConfError } from "../errors.ts";

/** The place of a value: keys and indexes from the top. */
export type Place = readonly PropertyKey[];

/** One wrong value. */
export interface Fault {
  readonly place: Place;
  readonly expected: string;
  readonly found: unknown;
}

const MOST_SHOWN = 20;

/** Makes the error of a document that has faults; its path is the first one's. */
export function faultError(
  code: ErrorCode,
  root: string,
  faults: readonly Fault[],
  hint?: string,
): VmConfError {
  const path = printPath(root, faults[0]?.place ?? []);
  return new VmConfError(code, printFaults(root, faults), { path, hint });
}

/** Makes the error of a malformed CNI result. */
export function invalidResultError(
  faults: readonly Fault[],
  hint = "See the CNI specification, section 5 (Result Types).",
): VmConfError {
  return faultError("invalid-result", "result", faults, hint);
}

/** Puts faults into words, a line for each. */
export function printFaults(root: string, faults: readonly Fault[]): string {
  const lines = faults.slice(0, MOST_SHOWN).map(({ place, expected, found }) =>
    `${printPath(root, place)}: expected ${expected}, found ${
      describeFound(found)
    }`
  );
  if (faults.length > MOST_SHOWN) {
    lines.push(`… and ${faults.length - MOST_SHOWN} more`);
  }
  return lines.join("\n");
}

function printPath(root: string, place: Place): string {
  return place.reduce<string>(
    (path, step) =>
      typeof step === "number" ? `${path}[${step}]` : `${path}.${String(step)}`,
    root,
  );
}

/** A number that is kept as it was written, by `JSON.rawJSON`. */
function isRawNumber(value: object): value is { readonly rawJSON: string } {
  return Object.getPrototypeOf(value) === null && "rawJSON" in value;
}

const LONGEST_SHOWN = 60;

function describeFound(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (value === Infinity) return "a number with a fraction or an exponent";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") {
    return value.length <= LONGEST_SHOWN
      ? quote(value)
      : `${quote(value.slice(0, LONGEST_SHOWN))}… (${value.length} characters)`;
  }
  if (typeof value !== "object") return String(value);
  return isRawNumber(value)
    ? value.rawJSON.slice(0, LONGEST_SHOWN)
    : "an object";
}
