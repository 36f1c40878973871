/** Checks of the values of a configuration, before a format writes them. */
import { quote, VmConfError } from "../errors.ts";
import {
  type Cidr,
  type Ip,
  isUnset,
  parseCidr,
  parseIp,
} from "../ip/address.ts";
import { isInterfaceName } from "../names.ts";

/** Makes the error of a value that is wrong for every format. */
export function invalidConf(
  path: string,
  expected: string,
  found: string | number,
  hint = "No format can write it safely. Correct the value.",
): VmConfError {
  const shown = typeof found === "string" ? quote(found) : String(found);
  return new VmConfError(
    "invalid-conf",
    `${path}: expected ${expected}, found ${shown}`,
    { path, hint },
  );
}

/** Makes the error of an option that has a value that it cannot have. */
export function invalidOption(
  name: string,
  expected: string,
  found: string,
  hint?: string,
): VmConfError {
  const path = `options.${name}`;
  return new VmConfError(
    "invalid-option",
    `${path}: expected ${expected}, found ${quote(found)}`,
    { path, hint },
  );
}

const MOST_LISTED = 5;

/** Lists the first few texts for a message, and counts the others. */
export function listSome(
  texts: Iterable<string>,
  count: number,
  separator: string,
): string {
  const listed: string[] = [];
  for (const text of texts) {
    if (listed.length === MOST_LISTED) break;
    listed.push(text);
  }
  const list = listed.join(separator);
  const more = count - listed.length;
  return more > 0 ? `${list} and ${more} more` : list;
}

export function checkText(
  text: string,
  path: string,
  form: RegExp | ((text: string) => boolean),
  expected: string,
  format?: string,
): string {
  if (form instanceof RegExp ? form.test(text) : form(text)) return text;
  throw invalidConf(
    path,
    expected,
    text,
    format && `${format} cannot write it safely. Correct the value.`,
  );
}

/**
 * Whether a format can name a device so: printable ASCII without `%`. Of `tap%d`
 * the kernel makes `tap0`, so no device has that name. `lo` is in every guest and
 * every namespace already.
 */
export function isNicName(text: string): boolean {
  return isInterfaceName(text) && /^[!-$&-~]*$/.test(text) && text !== "lo";
}

/** Checks the name of a network device. */
export function checkDeviceName(text: string, path: string): string {
  return checkText(
    text,
    path,
    isNicName,
    'a device\'s name: 1 to 15 printable characters without space, slash, colon and percent sign, and not "lo", such as "eth0"',
  );
}

/** A number would be an index, and `all` and `default` are sets of devices. */
const PLAIN_NAME = /^(?!(?:all|default)$)[a-z_][\w.-]*$/i;

/**
 * Checks the name of a network interface for formats in which other characters
 * may have a meaning: patterns, quotes, comments, file names.
 */
export function checkPlainName(
  { nameOrDefault, path }: { nameOrDefault: string; path: string },
  format: string,
): string {
  return checkText(
    nameOrDefault,
    `${path}.vmIfName`,
    PLAIN_NAME,
    'a letter or "_", then letters, digits, "_", "." and "-", such as "eth0"',
    format,
  );
}

const UNICAST_MAC =
  /^(?!00:00:00:00:00:00$)[\da-f][02468ace](?::[\da-f]{2}){5}$/;

/** Checks the MAC of a network interface. */
export function checkUnicastMac(text: string, path: string): string {
  return checkText(
    text,
    path,
    UNICAST_MAC,
    "the MAC of one host, neither zero nor of a group (first byte even)",
  );
}

/** Parses an address with prefix length. */
export function checkCidr(text: string, path: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr !== undefined) return cidr;
  throw invalidConf(
    path,
    'an address with prefix length such as "10.0.0.2/24"',
    text,
  );
}

/** Parses an address. */
export function checkIp(text: string, path: string): Ip {
  const ip = parseIp(text);
  if (ip !== undefined) return ip;
  throw invalidConf(path, 'an IP address such as "10.0.0.1"', text);
}

/** Parses the address of a nameserver. */
export function checkNameserver(text: string, path: string): Ip {
  const ip = checkIp(text, path);
  if (!isUnset(ip)) return ip;
  throw invalidConf(path, 'the address of a host such as "10.0.0.53"', text);
}

const DOMAIN = /^(?=.{1,253}$)(?!-)[\w-]{1,63}(?:\.[\w-]{1,63})*\.?$/;

export function checkDomain(text: string, path: string): string {
  return checkText(
    text,
    path,
    DOMAIN,
    'a domain of letters, digits and hyphens such as "example.com" (others in their xn-- form)',
  );
}

const RESOLVER_OPTION = /^[a-z][\w-]*(?::\d{1,5})?$/;

export function checkResolverOption(text: string, path: string): string {
  return checkText(
    text,
    path,
    RESOLVER_OPTION,
    'an option of resolv.conf(5) such as "ndots:2"',
  );
}

export function checkInteger(
  number: number,
  path: string,
  [least, most]: readonly [number, number],
  what: string,
): number {
  if (least <= number && number <= most) return number;
  throw invalidConf(path, `${what} of ${least} to ${most}`, number);
}
