/**
 * The environment variables of a CNI runtime, `CNI_ARGS` included.
 *
 * Source: CNI specification 1.1.0, section 2, "Parameters".
 */
import { quote } from "../errors.ts";
import {
  CNI_NAME,
  INTERFACE_NAME,
  isCniName,
  isInterfaceName,
} from "../names.ts";
import type { TapOptions } from "../linux/tap.ts";
import { CNI_ERROR_CODES, PluginFailure } from "./failure.ts";

/** The variables that the plugin reads. */
export const CNI_VARIABLES = [
  "CNI_COMMAND",
  "CNI_CONTAINERID",
  "CNI_NETNS",
  "CNI_IFNAME",
  "CNI_ARGS",
  "CNI_NETNS_OVERRIDE",
] as const;

/** One of {@linkcode CNI_VARIABLES}. */
export type CniVariable = typeof CNI_VARIABLES[number];

/**
 * The variables that the plugin must have permission to read: one without
 * permission would look like one that is not set. Without `CNI_NETNS_OVERRIDE`
 * the plugin only refuses more.
 */
export const REQUIRED_CNI_VARIABLES: readonly CniVariable[] = CNI_VARIABLES
  .filter((name) => name !== "CNI_NETNS_OVERRIDE");

/** The variables that are set. */
export type CniEnvironment = Readonly<Partial<Record<CniVariable, string>>>;

/** What the name of a device must be, for messages. */
export const DEVICE_NAME: string =
  `a device's name of ${INTERFACE_NAME}, such as "tap0"`;

/** The rules for values, where there is one. */
const RULES: Readonly<
  Partial<
    Record<
      CniVariable,
      { expected: string; accepts: (value: string) => boolean }
    >
  >
> = {
  CNI_CONTAINERID: {
    expected: `${CNI_NAME}, the first a letter or digit`,
    accepts: isCniName,
  },
  CNI_IFNAME: { expected: DEVICE_NAME, accepts: isInterfaceName },
};

/** Checks the variables that a command needs. */
export function requireVariables(
  env: CniEnvironment,
  required: readonly CniVariable[],
): void {
  const faults = required.flatMap((name) => {
    const value = env[name] ?? "";
    if (value === "") return [`${name}: expected a value, found nothing`];
    const rule = RULES[name];
    return rule === undefined || rule.accepts(value)
      ? []
      : [`${name}: expected ${rule.expected}, found ${quote(value)}`];
  });
  if (faults.length === 0) return;
  throw new PluginFailure(
    CNI_ERROR_CODES.invalidEnvironment,
    faults.join("\n"),
  );
}

/** The largest id of a user or group: chown(2) reads 2³² − 1 as "leave it". */
export const LARGEST_ID: number = 2 ** 32 - 2;

/** What the id of a user or group must be, for messages. */
export const ID_RANGE: string = `an integer from 0 to ${LARGEST_ID}`;

interface ArgumentReader {
  readonly expected: string;
  /** Undefined if the text is malformed. */
  readonly read: (text: string) => Partial<TapOptions> | undefined;
}

/** The arguments that the plugin knows, with the names of the Go plugin tc-redirect-tap. */
const ARGUMENT_READERS: Readonly<Record<string, ArgumentReader>> = {
  TC_REDIRECT_TAP_NAME: {
    expected: DEVICE_NAME,
    read: (name) => isInterfaceName(name) ? { name } : undefined,
  },
  TC_REDIRECT_TAP_UID: { expected: ID_RANGE, read: readIdAs("uid") },
  TC_REDIRECT_TAP_GID: { expected: ID_RANGE, read: readIdAs("gid") },
};

function readIdAs(member: "uid" | "gid"): ArgumentReader["read"] {
  return (text) =>
    /^\d+$/.test(text) && Number(text) <= LARGEST_ID
      ? { [member]: Number(text) }
      : undefined;
}

/**
 * Parses `CNI_ARGS`. Like the Go plugin it ignores the arguments of other
 * plugins, with and without `IgnoreUnknown`.
 */
export function parseArguments(text: string): Partial<TapOptions> {
  const pairs = text === "" ? [] : text.split(";");
  return Object.assign({}, ...pairs.map(parseArgument));
}

function parseArgument(pair: string): Partial<TapOptions> {
  const [key = "", ...rest] = pair.split("=");
  if (rest.length === 0) {
    throw new PluginFailure(
      CNI_ERROR_CODES.invalidEnvironment,
      `CNI_ARGS: Invalid cni arguments format, ${quote(pair)}`,
      "Expected pairs such as TC_REDIRECT_TAP_NAME=tap0, with semicolons between them.",
    );
  }
  const reader = Object.hasOwn(ARGUMENT_READERS, key)
    ? ARGUMENT_READERS[key]
    : undefined;
  if (reader === undefined) return {};
  const value = rest.join("=");
  const options = reader.read(value);
  if (options !== undefined) return options;
  throw new PluginFailure(
    CNI_ERROR_CODES.invalidEnvironment,
    `CNI_ARGS: ${key}: expected ${reader.expected}, found ${quote(value)}`,
  );
}
