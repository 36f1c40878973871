/** What a schema of zod finds wrong with a value. */
import * as z from "zod/mini";
import { type Fault, inDocumentOrder, valueAt } from "./faults.ts";

const EXPECTED_BY_TYPE: Readonly<Record<string, string>> = {
  array: "an array",
  boolean: "true or false",
  int: "an integer",
  number: "an integer",
  object: "an object",
  record: "an object",
  string: "a string",
};

/** Finds every fault of a value. */
export function faultsIn(raw: unknown, schema: z.core.$ZodType): Fault[] {
  const issues = z.safeParse(schema, raw).error?.issues ?? [];
  const faults = issues.map((issue) => ({
    place: issue.path,
    expected: expectedBy(issue),
    found: valueAt(raw, issue.path),
  }));
  return inDocumentOrder(raw, faults);
}

function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") {
    return EXPECTED_BY_TYPE[issue.expected] ?? issue.expected;
  }
  return "note" in issue ? "an integer of at most 53 bits" : issue.message;
}
