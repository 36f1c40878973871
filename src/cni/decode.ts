/**
 * Reads JSON values with small decoders that are combined as the specification
 * combines its objects.
 *
 * A shape is declared once, with these decoders. Strict and tolerant reading,
 * the known keys and the JSON Schema (`json_schema.ts`) follow from it.
 *
 * zod can do most of this, but the command reads one result and ends, and
 * loading zod takes as long as starting Deno.
 */
import {
  canonicalizeCidr,
  CIDR_PATTERN,
  IP_PATTERN,
  parseIp,
} from "../ip/address.ts";
import type { Fault } from "./faults.ts";

/** A JSON Schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

type Read<T> = (raw: unknown, faults: Fault[]) => T;

/** Reads values of one kind. */
export interface Decoder<T> {
  /**
   * Returns what a value says, and adds what is wrong with it to the faults. If
   * there are faults, a malformed text is returned as it is, and undefined for
   * a value of the wrong type.
   */
  readonly read: Read<T>;
  /** JSON Schema's keywords for the value itself. */
  readonly keywords: Schema;
  /** What the value means, for people. */
  readonly description?: string;
  /** The decoders of an object's members. */
  readonly members?: ReadonlyMap<string, Decoder<unknown>>;
  /** The decoder of a list's elements. */
  readonly element?: Decoder<unknown>;
  /** Whether an object may lack it. */
  readonly mayLack?: boolean;
  /** What Go has in place of an absent value. */
  readonly zero?: (faults: Fault[]) => T;
  /** Whether Go leaves the zero value out (`omitempty`): it means "absent". */
  readonly omitsZero?: boolean;
  /** Whether null means "absent", as for Go. */
  readonly takesNull?: boolean;
}

/** What a decoder made of a document. */
export interface Decoded<T> {
  /** What the document says; unset if there are faults. */
  readonly value?: T;
  /** What is wrong, in document order; missing members come last. */
  readonly faults: readonly Fault[];
}

/** Reads a document. */
export function decode<T>(raw: unknown, decoder: Decoder<T>): Decoded<T> {
  const faults: Fault[] = [];
  const value = decoder.read(raw, faults);
  return faults.length === 0 ? { value, faults } : { faults };
}

/** What is left of a value when parts that have the wrong type are left out. */
export type Salvaged<T> = T extends readonly (infer Element)[]
  ? readonly (Salvaged<Element> | undefined)[]
  : T extends object ? { readonly [Key in keyof T]?: Salvaged<T[Key]> }
  : T;

/** Reads as much of a document as can be read; malformed texts stay as they are. */
export function salvage<T>(
  raw: unknown,
  decoder: Decoder<T>,
): Salvaged<T> | undefined {
  return decoder.read(raw, []) as Salvaged<T> | undefined;
}

/** The type is a lie: nobody uses the value of a document that has faults. */
function addFault(
  faults: Fault[],
  expected: string,
  found: unknown,
  salvaged?: unknown,
): never {
  faults.push({ place: [], expected, found });
  return salvaged as never;
}

function readAt<T>(
  read: Read<T>,
  raw: unknown,
  step: PropertyKey,
  faults: Fault[],
): T {
  const before = faults.length;
  const value = read(raw, faults);
  for (let index = before; index < faults.length; index++) {
    const { place, ...fault } = faults[index] as Fault;
    faults[index] = { ...fault, place: [step, ...place] };
  }
  return value;
}

export const text: Decoder<string> = {
  keywords: { type: "string" },
  zero: () => "",
  read: (raw, faults) =>
    typeof raw === "string" ? raw : addFault(faults, "a string", raw),
};

/** A number that JavaScript holds exactly. */
export const integer: Decoder<number> = {
  keywords: {
    type: "integer",
    minimum: Number.MIN_SAFE_INTEGER,
    maximum: Number.MAX_SAFE_INTEGER,
  },
  zero: () => 0,
  read(raw, faults) {
    if (Number.isSafeInteger(raw)) return raw as number;
    const size = Number.isInteger(raw) ? " of at most 53 bits" : "";
    return addFault(faults, `an integer${size}`, raw);
  },
};

/** An address with prefix length; returned in its canonical form. */
export const cidr: Decoder<string> = textOf(
  'an address with prefix length such as "10.0.0.2/24"',
  CIDR_PATTERN,
  canonicalizeCidr,
);

/** An address; returned in its canonical form. Go prints none as "". */
export const ip: Decoder<string> = {
  ...textOf(
    'an IP address such as "10.0.0.1"',
    IP_PATTERN,
    (raw) => parseIp(raw)?.text,
  ),
  zero: () => "",
};

function textOf(
  expected: string,
  pattern: string,
  parse: (raw: string) => string | undefined,
): Decoder<string> {
  return {
    keywords: { type: "string", pattern },
    read(raw, faults) {
      if (typeof raw !== "string") return addFault(faults, expected, raw);
      return parse(raw) ?? addFault(faults, expected, raw, raw);
    },
  };
}

export const anyObject: Decoder<Json> = {
  keywords: { type: "object" },
  read: (raw, faults) =>
    isObject(raw) ? raw : addFault(faults, "an object", raw),
};

/** Takes any value, and returns the same in place of each. */
export function always<T>(value: T): Decoder<T> {
  return { keywords: {}, takesNull: true, read: () => value };
}

/** Says what a value means. */
export function describe<T>(
  description: string,
  decoder: Decoder<T>,
): Decoder<T> {
  return { ...decoder, description };
}

/** A member that an object may lack. */
export function optional<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return { ...decoder, mayLack: true };
}

/** An optional member that Go leaves out if it is zero or empty. */
export function omitZero<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return { ...decoder, mayLack: true, omitsZero: true };
}

/** A member that must be there, in an object as Go reads it too. */
export function required<T>(decoder: Decoder<T>): Decoder<T> {
  return { ...decoder, zero: undefined };
}

/** A value that must be right, but that nobody needs. */
export function ignored(decoder: Decoder<unknown>): Decoder<undefined> {
  return {
    ...decoder,
    zero: undefined,
    read: (raw, faults) => void decoder.read(raw, faults),
  };
}

/** A value of a kind that must also meet a condition. */
export function refined<T>(
  decoder: Decoder<T>,
  expected: string,
  accepts: (value: T) => boolean,
  keywords: Schema = {},
): Decoder<T> {
  return {
    ...required(decoder),
    keywords: { ...decoder.keywords, ...keywords },
    read(raw, faults) {
      const before = faults.length;
      const value = decoder.read(raw, faults);
      const isFine = faults.length > before || accepts(value);
      return isFine ? value : addFault(faults, expected, raw, value);
    },
  };
}

/** A list of values of one kind. */
export function list<T>(element: Decoder<T>): Decoder<readonly T[]> {
  const { read: readElement } = element;
  return {
    keywords: { type: "array" },
    element,
    zero: () => [],
    read(raw, faults) {
      if (!Array.isArray(raw)) return addFault(faults, "an array", raw);
      const taken: T[] = [];
      // Not by `map`, which skips holes.
      for (let index = 0; index < raw.length; index++) {
        taken.push(readAt(readElement, raw[index], index, faults));
      }
      return taken;
    },
  };
}

/** A decoder for each member; only an optional one may be read as nothing. */
export type Members<T> = {
  readonly [Key in keyof T]-?: Record<never, never> extends Pick<T, Key>
    ? Decoder<T[Key] | undefined>
    : Decoder<T[Key]>;
};

type Json = Readonly<Record<string, unknown>>;

/** An object; its known members are taken, in the order of these. */
export function object<T>(members: Members<T>): Decoder<T> {
  const known = new Map(Object.entries<Decoder<unknown>>(members));
  return objectOf(known, () => undefined);
}

/**
 * An object as Go reads it: keys match exactly, otherwise without regard to
 * case; null means "absent"; an absent member has Go's zero value, if there is
 * one; an optional member that Go omits if it is zero is not set.
 */
export function goObject<T>(members: Members<T>): Decoder<T> {
  const known = new Map(
    Object.entries<Decoder<unknown>>(members).map((
      [key, member],
    ) => [key, asGoReads(member)]),
  );
  const spellings = new Map([...known.keys()].map((key) => [fold(key), key]));
  const decoder = objectOf<T>(known, (key) => spellings.get(fold(key)));
  return { ...decoder, zero: (faults) => decoder.read({}, faults) };
}

function asGoReads<T>(member: Decoder<T>): Decoder<T> {
  const { mayLack, omitsZero, zero, read } = member;
  if (member.takesNull || !mayLack && zero === undefined) return member;
  const readAbsent = mayLack
    ? () => undefined as T
    : zero as (faults: Fault[]) => T;
  const omitted = omitsZero ? zero?.([]) : undefined;
  return {
    ...member,
    takesNull: true,
    read: (raw, faults) =>
      raw == null || raw === omitted ? readAbsent(faults) : read(raw, faults),
  };
}

/**
 * Unicode's simple folding as far as ASCII names can meet it: upper case, the
 * long s, and the Kelvin sign, which `toLowerCase` knows.
 */
function fold(key: string): string {
  return key.replaceAll("ſ", "s").toLowerCase();
}

function objectOf<T>(
  known: ReadonlyMap<string, Decoder<unknown>>,
  spell: (key: string) => string | undefined,
): Decoder<T> {
  const keys = [...known.keys()];
  // Of one hidden class, which V8 reads faster than decoders of many.
  const readers = new Map(
    [...known].map(([key, { read, mayLack = false }]) => [
      key,
      { read, mayLack },
    ]),
  );
  const needed = [...readers].filter(([, { mayLack }]) => !mayLack);
  const read = (raw: Json, faults: Fault[]): T => {
    const before = faults.length;
    const taken: Record<string, unknown> = {};
    for (const key in raw) {
      const member = readers.get(key);
      const found = raw[key];
      if (member === undefined) {
        if (spell(key) === undefined) continue;
        faults.length = before;
        return read(respell(raw, spell), faults);
      }
      if (found === undefined) continue;
      const value = readAt(member.read, found, key, faults);
      if (value !== undefined || !member.mayLack) taken[key] = value;
    }
    for (const [key, member] of needed) {
      if (key in taken) continue;
      taken[key] = readAt(member.read, undefined, key, faults);
    }
    return sort(taken, keys) as T;
  };
  return {
    keywords: { type: "object" },
    members: known,
    read: (raw, faults) =>
      isObject(raw) ? read(raw, faults) : addFault(faults, "an object", raw),
  };
}

/** If two keys mean the same member, the later one counts. */
function respell(
  raw: Json,
  spell: (key: string) => string | undefined,
): Json {
  const exact: Record<string, unknown> = {};
  for (const key in raw) {
    const spelling = spell(key);
    if (spelling !== undefined) exact[spelling] = raw[key];
  }
  return exact;
}

/** Equal objects must give equal texts, in whatever order they came. */
function sort(taken: Json, keys: readonly string[]): Json {
  let next = 0;
  for (const key in taken) {
    while (next < keys.length && keys[next] !== key) next++;
    if (next === keys.length) {
      return Object.fromEntries(
        keys.filter((key) => key in taken).map((key) => [key, taken[key]]),
      );
    }
  }
  return taken;
}

function isObject(raw: unknown): raw is Json {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}
