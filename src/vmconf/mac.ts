/** MAC addresses of six bytes, in the forms that Go's `net.ParseMAC` reads. */

/** The canonical form: lower case, with colons. */
export const MAC_PATTERN = "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$";

const COLONS = /^(?:[\da-f]{2}:){5}[\da-f]{2}$/i;
const OTHERS = [
  /^(?:[\da-f]{2}-){5}[\da-f]{2}$/i,
  /^(?:[\da-f]{4}\.){2}[\da-f]{4}$/i,
];

/** Parses a MAC, and returns its canonical form. */
export function parseMac(text: string): string | undefined {
  if (COLONS.test(text)) return text.toLowerCase();
  if (!OTHERS.some((form) => form.test(text))) return undefined;
  return text.toLowerCase().match(/[\da-f]{2}/g)?.join(":");
}
