/** What is wrong with a value, in document order and in words. */
import { quote } from "../errors.ts";

/** The place of a value: keys and indexes from the top. */
type Place = readonly PropertyKey[];

/** One wrong value. */
export interface Fault {
  readonly place: Place;
  readonly expected: string;
  readonly found: unknown;
}

/** Brings faults into the order of the document. */
export function inDocumentOrder(
  raw: unknown,
  faults: readonly Fault[],
): Fault[] {
  const positions: Positions = new Map();
  return faults.toSorted((a, b) => compare(raw, a.place, b.place, positions));
}

const MOST_SHOWN = 20;

/** Puts faults into words. */
export function wordsOf(
  faults: readonly Fault[],
  root: string,
): { message: string; path: string } {
  const lines = faults.slice(0, MOST_SHOWN).map(({ place, expected, found }) =>
    `${pathOf(root, place)}: expected ${expected}, found ${describe(found)}`
  );
  if (faults.length > MOST_SHOWN) {
    lines.push(`… and ${faults.length - MOST_SHOWN} more`);
  }
  return {
    message: lines.join("\n"),
    path: pathOf(root, faults[0]?.place ?? []),
  };
}

/** Tells where a member stands in its object; asked once of each object. */
type Positions = Map<unknown, Map<string, number>>;

function compare(
  raw: unknown,
  a: Place,
  b: Place,
  positions: Positions,
): number {
  const depth = a.findIndex((step, index) => step !== b[index]);
  const parent = valueAt(raw, a.slice(0, depth));
  return positionOf(a[depth], parent, positions) -
    positionOf(b[depth], parent, positions);
}

function positionOf(
  step: PropertyKey | undefined,
  parent: unknown,
  positions: Positions,
): number {
  if (typeof step === "number") return step;
  let members = positions.get(parent);
  if (members === undefined) {
    members = new Map(Object.keys(Object(parent)).map((key, i) => [key, i]));
    positions.set(parent, members);
  }
  return members.get(String(step)) ?? members.size;
}

function pathOf(root: string, place: Place): string {
  return place.reduce<string>(
    (path, step) =>
      typeof step === "number" ? `${path}[${step}]` : `${path}.${String(step)}`,
    root,
  );
}

/** The value at a place. */
export function valueAt(raw: unknown, place: Place): unknown {
  return place.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null
        ? Reflect.get(value, step)
        : undefined,
    raw,
  );
}

/** A number that is kept as it was written, by `JSON.rawJSON`. */
function isRawNumber(value: object): value is { readonly rawJSON: string } {
  return Object.getPrototypeOf(value) === null && "rawJSON" in value;
}

const LONGEST_SHOWN = 60;

function describe(value: unknown): string {
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
