/** Checks what people write with zod, and reports faults as the decoders do. */
import * as z from "zod/mini";
import type { ErrorCode } from "../errors.ts";
import { type Fault, faultError, type Place } from "./faults.ts";

/** How the error of a malformed value is made. */
export interface FaultReport {
  readonly code: ErrorCode;
  /** What paths begin with. */
  readonly root: string;
  readonly hint?: string;
}

/**
 * Checks a value. Returns the value itself: a copy that zod parsed has its
 * members in another order.
 */
export function parseWithSchema<Schema extends z.core.$ZodType>(
  schema: Schema,
  raw: unknown,
  { code, root, hint }: FaultReport,
): z.infer<Schema> {
  const { success, error } = z.safeParse(schema, raw);
  if (success) return raw as z.infer<Schema>;
  const faults = error.issues.map((issue): Fault => ({
    place: issue.path,
    expected: describeExpected(issue),
    found: valueAt(raw, issue.path),
  }));
  throw faultError(code, root, inDocumentOrder(raw, faults), hint);
}

const EXPECTED_BY_TYPE: Readonly<Record<string, string>> = {
  array: "an array",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  string: "a string",
};

function describeExpected(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") {
    return EXPECTED_BY_TYPE[issue.expected] ?? issue.expected;
  }
  return issue.message;
}

function inDocumentOrder(raw: unknown, faults: readonly Fault[]): Fault[] {
  const positions: Positions = new Map();
  return faults.toSorted((a, b) => compare(raw, a.place, b.place, positions));
}

/** Where each member stands in its object; computed once for each object. */
type Positions = Map<unknown, Map<string, number>>;

function compare(
  raw: unknown,
  a: Place,
  b: Place,
  positions: Positions,
): number {
  const depth = a.findIndex((step, index) => step !== b[index]);
  const parent = valueAt(raw, a.slice(0, depth));
  return findPosition(a[depth], parent, positions) -
    findPosition(b[depth], parent, positions);
}

function findPosition(
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

function valueAt(raw: unknown, place: Place): unknown {
  return place.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null
        ? Reflect.get(value, step)
        : undefined,
    raw,
  );
}
