/** What is wrong with a CNI result, as data, and its words. */
import type * as z from "zod/mini";
import { quote, VmConfError } from "../errors.ts";

/** One wrong value of a CNI result. */
export interface Fault {
  /** Where it is, such as `result.ips[1].address`. */
  readonly path: string;
  /** What should have been there. */
  readonly expected: string;
  /** What is there. */
  readonly found: string;
}

const CIDR = 'an address with prefix length such as "10.0.0.2/24"';
const IP = 'an IP address such as "10.0.0.1"';

/** Members of which more is expected than a type. */
const EXPECTED_BY_KEY: Readonly<Record<string, string>> = {
  address: CIDR,
  dst: CIDR,
  gateway: IP,
  gw: IP,
  ip: CIDR,
};

const EXPECTED_BY_TYPE: Readonly<Record<string, string>> = {
  array: "an array",
  int: "an integer",
  number: "an integer",
  object: "an object",
  string: "a string",
};

/** The place of a value in a result: keys and indexes from its top. */
export type Place = readonly PropertyKey[];

/**
 * Describes a value that should have been another.
 *
 * @param place Where it is.
 * @param value What is there.
 * @param type The name of the type that was expected, for members of which
 * nothing more is known.
 * @returns The fault.
 */
export function faultAt(place: Place, value: unknown, type = ""): Fault {
  return {
    path: pathOf(place),
    expected: EXPECTED_BY_KEY[String(place.at(-1))] ??
      EXPECTED_BY_TYPE[type] ?? "another value",
    found: describe(value),
  };
}

/**
 * Translates what zod found.
 *
 * @param issues zod's issues.
 * @param input What was validated.
 * @returns One fault an issue.
 */
export function faultsOf(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
): Fault[] {
  return issues.map((issue) => {
    const value = valueAt(issue.path, input);
    const fault = faultAt(
      issue.path,
      value,
      issue.code === "invalid_type" ? issue.expected : "",
    );
    const beyondSafe = issue.code === "too_big" || issue.code === "too_small";
    return beyondSafe
      ? { ...fault, expected: "an integer of at most 53 bits" }
      : fault;
  });
}

/**
 * Makes the error of one or more faults.
 *
 * @param faults The faults, at least one.
 * @returns The error, not yet thrown.
 */
export function invalidResult(faults: readonly Fault[]): VmConfError {
  return new VmConfError(
    "invalid-result",
    faults.map((fault) =>
      `${fault.path}: expected ${fault.expected}, found ${fault.found}`
    ).join("\n"),
    {
      path: faults[0]?.path,
      hint: "See the CNI specification, section 5 (Result Types).",
    },
  );
}

function pathOf(place: Place): string {
  return place.reduce<string>(
    (path, step) =>
      typeof step === "number" ? `${path}[${step}]` : `${path}.${String(step)}`,
    "result",
  );
}

function valueAt(place: Place, input: unknown): unknown {
  return place.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null
        ? Reflect.get(value, step)
        : undefined,
    input,
  );
}

const LONGEST_SHOWN = 60;

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") {
    return value.length <= LONGEST_SHOWN
      ? quote(value)
      : `${quote(value.slice(0, LONGEST_SHOWN))}… (${value.length} characters)`;
  }
  return typeof value === "object" && !(value instanceof String)
    ? "an object"
    : String(value);
}
