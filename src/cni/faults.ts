/** What is wrong with a value, in document order and in words. */
import * as z from "zod/mini";
import { quote } from "../errors.ts";
import { canonicalCidr, parseIp } from "../ip/address.ts";
import { keysOf, type KeyTree } from "./keys.ts";

/** The place of a value: keys and indexes from the top. */
type Place = readonly PropertyKey[];

/** One wrong value. */
export interface Fault {
  readonly place: Place;
  readonly expected: string;
  readonly found: unknown;
}

const CIDR = 'an address with prefix length such as "10.0.0.2/24"';
const IP = 'an IP address such as "10.0.0.1"';

const ADDRESSES: Readonly<
  Record<string, { expected: string; accepts: (text: string) => boolean }>
> = {
  address: { expected: CIDR, accepts: isCidr },
  dst: { expected: CIDR, accepts: isCidr },
  ip: { expected: CIDR, accepts: isCidr },
  gateway: { expected: IP, accepts: isIpOrEmpty },
  gw: { expected: IP, accepts: isIpOrEmpty },
};

/**
 * Whether a text is an address with prefix length.
 *
 * @param text The text.
 * @returns Whether it is.
 */
export function isCidr(text: string): boolean {
  return canonicalCidr(text) !== undefined;
}

/**
 * Whether a text is an address, or the empty text that Go prints for none.
 *
 * @param text The text.
 * @returns Whether it is.
 */
export function isIpOrEmpty(text: string): boolean {
  return text === "" || parseIp(text) !== undefined;
}

const EXPECTED_BY_TYPE: Readonly<Record<string, string>> = {
  array: "an array",
  boolean: "true or false",
  int: "an integer",
  number: "an integer",
  object: "an object",
  record: "an object",
  string: "a string",
};

/**
 * Finds every fault of a value.
 *
 * @param raw The value.
 * @param schema What it should look like; members of certain names are
 * addresses besides.
 * @returns The faults, in document order; none if there are none.
 */
export function faultsIn(raw: unknown, schema: z.core.$ZodType): Fault[] {
  const positions: Positions = new Map();
  return [
    ...typeFaults(raw, schema),
    ...addressFaults(raw, keysOf(schema), []),
  ].sort((a, b) => inDocumentOrder(raw, a.place, b.place, positions));
}

const MOST_SHOWN = 20;

/**
 * Puts faults into words.
 *
 * @param faults The faults, at least one.
 * @param root What the value is called, such as `result`.
 * @returns A line a fault, and the path of the first.
 */
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

function typeFaults(raw: unknown, schema: z.core.$ZodType): Fault[] {
  const issues = z.safeParse(schema, raw).error?.issues ?? [];
  return issues.map((issue) => ({
    place: issue.path,
    expected: expectedBy(issue),
    found: valueAt(raw, issue.path),
  }));
}

function expectedBy(issue: z.core.$ZodIssue): string {
  const address = ADDRESSES[String(issue.path.at(-1))];
  if (address !== undefined) return address.expected;
  if (issue.code === "invalid_type") {
    return EXPECTED_BY_TYPE[issue.expected] ?? issue.expected;
  }
  return "note" in issue ? "an integer of at most 53 bits" : issue.message;
}

function addressFaults(raw: unknown, keys: KeyTree, place: Place): Fault[] {
  if (Array.isArray(raw)) {
    return raw.flatMap((element, index) =>
      Array.isArray(element)
        ? []
        : addressFaults(element, keys, [...place, index])
    );
  }
  if (typeof raw !== "object" || raw === null) return [];
  return [...keys].flatMap(([key, inner]) => {
    const found: unknown = Reflect.get(raw, key);
    const address = ADDRESSES[key];
    if (address === undefined || typeof found !== "string") {
      return addressFaults(found, inner, [...place, key]);
    }
    const { expected, accepts } = address;
    return accepts(found) ? [] : [{ place: [...place, key], expected, found }];
  });
}

/** Tells where a member stands in its object; asked once of each object. */
type Positions = Map<unknown, Map<string, number>>;

/** Compares by position in the document; a missing member comes last. */
function inDocumentOrder(
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

function valueAt(raw: unknown, place: Place): unknown {
  return place.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null
        ? Reflect.get(value, step)
        : undefined,
    raw,
  );
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
  return typeof value === "object" ? "an object" : String(value);
}
