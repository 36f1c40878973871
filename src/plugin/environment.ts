/** What a runtime says by environment variables. */
import { quote } from "../errors.ts";
import { isDeviceName } from "../linux/mtu.ts";
import { DEVICE_NAME } from "./arguments.ts";
import { CODES, Failure } from "./failure.ts";

/** The variables that are read. */
export const VARIABLES = [
  "CNI_COMMAND",
  "CNI_CONTAINERID",
  "CNI_NETNS",
  "CNI_IFNAME",
  "CNI_ARGS",
  "CNI_NETNS_OVERRIDE",
] as const;

/** One of {@linkcode VARIABLES}. */
export type Variable = typeof VARIABLES[number];

/**
 * Those that the plugin must be permitted to read, as it would take one that it
 * may not read for one that is not set. Without the other it only refuses more.
 */
export const NEEDED_VARIABLES: readonly Variable[] = VARIABLES.filter((name) =>
  name !== "CNI_NETNS_OVERRIDE"
);

/** The variables that are set. */
export type Environment = Readonly<Partial<Record<Variable, string>>>;

/** What a value has to look like. */
const CHECKS: Readonly<
  Partial<
    Record<Variable, { expected: string; accepts: (value: string) => boolean }>
  >
> = {
  CNI_CONTAINERID: {
    expected: "letters, digits and . _ -, the first a letter or digit",
    accepts: (value) => /^[a-zA-Z0-9][\w.-]*$/.test(value),
  },
  CNI_IFNAME: {
    expected: DEVICE_NAME,
    accepts: (value) => isDeviceName(value) && !/^\.\.?$/.test(value),
  },
};

/**
 * Reads the variables that an operation takes.
 *
 * Source: CNI specification 1.1.0, section 2, "Parameters".
 */
export function readEnvironment(
  env: Environment,
  required: readonly Variable[],
): Readonly<Record<Variable, string>> {
  const faults = VARIABLES.flatMap((name) => faultOf(name, env, required));
  if (faults.length > 0) {
    throw new Failure(CODES.invalidEnvironment, faults.join("\n"));
  }
  const { CNI_COMMAND = "", CNI_CONTAINERID = "", CNI_NETNS = "" } = env;
  const { CNI_IFNAME = "", CNI_ARGS = "", CNI_NETNS_OVERRIDE = "" } = env;
  return {
    CNI_COMMAND,
    CNI_CONTAINERID,
    CNI_NETNS,
    CNI_IFNAME,
    CNI_ARGS,
    CNI_NETNS_OVERRIDE,
  };
}

function faultOf(
  name: Variable,
  env: Environment,
  required: readonly Variable[],
): string[] {
  const value = env[name] ?? "";
  if (!required.includes(name)) return [];
  if (value === "") return [`${name}: expected a value, found nothing`];
  const check = CHECKS[name];
  if (check === undefined || check.accepts(value)) return [];
  return [`${name}: expected ${check.expected}, found ${quote(value)}`];
}
