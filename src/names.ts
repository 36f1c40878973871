/**
 * The names of network interfaces and of CNI's networks and containers. Each
 * rule is here once; where a module must refuse more, it says so itself.
 */

/** In bytes: IFNAMSIZ of the kernel without the final NUL. */
export const MAX_INTERFACE_NAME = 15;

/** What the name of a network interface must be, for messages. */
export const INTERFACE_NAME: string =
  `1 to ${MAX_INTERFACE_NAME} bytes without slash, colon and white space`;

const ENCODER = new TextEncoder();
const longestName = new Uint8Array(MAX_INTERFACE_NAME);

/**
 * Whether a network interface can have a name, as `dev_valid_name` of the kernel
 * decides.
 */
export function isInterfaceName(name: string): boolean {
  return !/^\.{0,2}$|[\0\t-\r :/]/.test(name) &&
    ENCODER.encodeInto(name, longestName).read === name.length;
}

/** What the name of a network or the id of a container must be, for messages. */
export const CNI_NAME = "letters, digits and . _ -";

/**
 * Whether a text can be the name of a network or the id of a container.
 *
 * Source: CNI specification 1.1.0, sections 1 and 3.
 */
export function isCniName(text: string): boolean {
  return /^[a-zA-Z0-9][\w.-]*$/.test(text);
}
