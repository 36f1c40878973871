/**
 * Object keys as Go's decoder reads them: exactly, and otherwise without regard
 * to case; of two that mean the same member the later one wins.
 */

/** Known keys, and for those that hold objects or lists of them, their keys. */
export type KeyTree = ReadonlyMap<string, KeyTree>;

/** The keys of an object whose members have none of their own. */
export function keysNamed(shape: object): KeyTree {
  return new Map(Object.keys(shape).map((key) => [key, new Map()]));
}

/**
 * Gives known keys their exact spelling.
 *
 * Goes no deeper than the known keys do, whatever the input's depth.
 */
export function withExactKeys(value: unknown, keys: KeyTree): unknown {
  if (keys.size === 0) return value;
  if (!Array.isArray(value)) return objectWithExactKeys(value, keys);
  let copy: unknown[] | undefined;
  for (let index = 0; index < value.length; index++) {
    const element = value[index];
    if (Array.isArray(element)) continue;
    const exact = objectWithExactKeys(element, keys);
    if (exact !== element) (copy ??= [...value])[index] = exact;
  }
  return copy ?? value;
}

function objectWithExactKeys(value: unknown, keys: KeyTree): unknown {
  if (typeof value !== "object" || value === null) return value;
  const members = value as Record<string, unknown>;
  let changed = false;
  for (const key in members) {
    const inner = keys.get(key);
    const member = members[key];
    if (
      inner === undefined
        ? spellingOf(key, keys) !== undefined
        : withExactKeys(member, inner) !== member
    ) {
      changed = true;
      break;
    }
  }
  return changed ? exactCopy(members, keys) : value;
}

function exactCopy(
  members: Readonly<Record<string, unknown>>,
  keys: KeyTree,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(members)) {
    const spelling = keys.has(key) ? key : spellingOf(key, keys);
    const inner = spelling === undefined ? undefined : keys.get(spelling);
    if (spelling === undefined || inner === undefined) continue;
    copy[spelling] = withExactKeys(member, inner);
  }
  return copy;
}

/** How a key that is not known exactly is spelled, if it is known at all. */
function spellingOf(key: string, keys: KeyTree): string | undefined {
  const folded = fold(key);
  for (const known of keys.keys()) {
    if (known.length === key.length && fold(known) === folded) return known;
  }
  return undefined;
}

/**
 * Unicode's simple folding as far as ASCII names can meet it: upper case, the
 * long s, and the Kelvin sign, which `toLowerCase` knows.
 */
export function fold(key: string): string {
  return key.replaceAll("ſ", "s").toLowerCase();
}
