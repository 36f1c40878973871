/** What `CNI_ARGS` says about the tap. */
import { quote } from "../errors.ts";
import { isDeviceName } from "../linux/mtu.ts";
import type { TapOptions } from "../linux/tap.ts";
import { CODES, Failure } from "./failure.ts";

/** One less than the value that chown(2) takes for "leave it". */
export const LARGEST_ID: number = 2 ** 32 - 2;

/** What a device's name has to be, in words. */
export const DEVICE_NAME: string =
  'a device\'s name of 1 to 15 bytes, without slash, colon and white space, such as "tap0"';

/** What the number of a user or group has to be, in words. */
export const ID: string = `an integer from 0 to ${LARGEST_ID}`;

/** How an argument is read; not at all if it is malformed. */
interface Reader {
  readonly expected: string;
  readonly read: (text: string) => Partial<TapOptions> | undefined;
}

/** The arguments that the plugin knows, as the original names them. */
const READERS: Readonly<Record<string, Reader>> = {
  TC_REDIRECT_TAP_NAME: {
    expected: DEVICE_NAME,
    read: (name) => isDeviceName(name) ? { name } : undefined,
  },
  TC_REDIRECT_TAP_UID: { expected: ID, read: (text) => withId("uid", text) },
  TC_REDIRECT_TAP_GID: { expected: ID, read: (text) => withId("gid", text) },
};

function withId(
  member: "uid" | "gid",
  text: string,
): Partial<TapOptions> | undefined {
  const isId = /^\d+$/.test(text) && Number(text) <= LARGEST_ID;
  return isId ? { [member]: Number(text) } : undefined;
}

/**
 * Reads `CNI_ARGS`. Arguments for other plugins are passed over, with and
 * without `IgnoreUnknown`, as the original does.
 *
 * Source: CNI specification 1.1.0, section 2; the plugin tc-redirect-tap.
 */
export function readArguments(text: string): Partial<TapOptions> {
  const pairs = text === "" ? [] : text.split(";");
  return Object.assign({}, ...pairs.map(readPair));
}

function readPair(pair: string): Partial<TapOptions> {
  const [key = "", ...rest] = pair.split("=");
  if (rest.length === 0) {
    throw new Failure(
      CODES.invalidEnvironment,
      `CNI_ARGS: Invalid cni arguments format, ${quote(pair)}`,
      "Expected pairs such as TC_REDIRECT_TAP_NAME=tap0, with semicolons between them.",
    );
  }
  if (!Object.hasOwn(READERS, key)) return {};
  const value = rest.join("=");
  const options = READERS[key]?.read(value);
  if (options !== undefined) return options;
  throw new Failure(
    CODES.invalidEnvironment,
    `CNI_ARGS: ${key}: expected ${READERS[key]?.expected}, found ${
      quote(value)
    }`,
  );
}
