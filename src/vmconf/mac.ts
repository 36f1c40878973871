/** MAC addresses in the forms that Go's `net.ParseMAC` reads. */

const COLONS = /^(?:[\da-f]{2}:){5}[\da-f]{2}$/i;
const OTHERS = [
  /^(?:[\da-f]{2}-){5}[\da-f]{2}$/i,
  /^(?:[\da-f]{4}\.){2}[\da-f]{4}$/i,
];

/**
 * Parses a MAC address of six bytes.
 *
 * @param text The address, such as `02:00:00:00:00:01`, `02-00-…` or
 * `0200.0000.0001`.
 * @returns The address in lower case with colons, or `undefined` if the text
 * is none.
 */
export function parseMac(text: string): string | undefined {
  if (COLONS.test(text)) return text.toLowerCase();
  if (!OTHERS.some((form) => form.test(text))) return undefined;
  return text.toLowerCase().match(/[\da-f]{2}/g)?.join(":");
}
