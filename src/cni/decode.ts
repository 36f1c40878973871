/**
 * JSON values → what they say, checked: small decoders, put together as the
 * specification puts its objects together.
 *
 * A schema library does this too, and does it for networks and plugins; but the
 * command reads one result and ends, and to load zod takes as long as to start
 * Deno.
 */
import { canonicalCidr, parseIp } from "../ip/address.ts";
import type { Fault } from "./faults.ts";
import { fold, type KeyTree } from "./keys.ts";

/** Reads values of one kind. */
export interface Decoder<T> {
  /** What reads the members, if it reads objects or lists of them. */
  readonly members?: ReadonlyMap<string, Decoder<unknown>>;
  /** Whether it takes nothing at all for right, and gives nothing. */
  readonly mayLack?: boolean;
  /** Gives what a value says; what is wrong with it is added to the faults. */
  readonly read: (raw: unknown, faults: Fault[]) => T;
}

/** What a decoder made of a document. */
export interface Decoded<T> {
  /** What it says; unset if anything is wrong with it. */
  readonly value?: T;
  /** What is wrong with it, in document order; members that lack come last. */
  readonly faults: readonly Fault[];
}

/** Reads a document. */
export function decode<T>(raw: unknown, decoder: Decoder<T>): Decoded<T> {
  const faults: Fault[] = [];
  const value = decoder.read(raw, faults);
  return faults.length === 0 ? { value, faults } : { faults };
}

/** Collects the keys that decoders know. */
export function keysOf(decoders: readonly Decoder<unknown>[]): KeyTree {
  const all = new Map<string, Decoder<unknown>[]>();
  for (const [key, member] of decoders.flatMap(membersOf)) {
    all.set(key, [...all.get(key) ?? [], member]);
  }
  return new Map([...all].map(([key, members]) => [key, keysOf(members)]));
}

function membersOf({ members = new Map() }: Decoder<unknown>) {
  return [...members];
}

/** Of a document that has a fault nothing is used, whatever stands there. */
function wrong(expected: string, found: unknown, faults: Fault[]): never {
  faults.push({ place: [], expected, found });
  return undefined as never;
}

function readAt<T>(
  decoder: Decoder<T>,
  raw: unknown,
  step: PropertyKey,
  faults: Fault[],
): T {
  const before = faults.length;
  const value = decoder.read(raw, faults);
  for (let index = before; index < faults.length; index++) {
    const { place, ...fault } = faults[index] as Fault;
    faults[index] = { ...fault, place: [step, ...place] };
  }
  return value;
}

/** A text. */
export const text: Decoder<string> = {
  read: (raw, faults) =>
    typeof raw === "string" ? raw : wrong("a string", raw, faults),
};

/** A number that JavaScript holds exactly. */
export const integer: Decoder<number> = {
  read(raw, faults) {
    if (Number.isSafeInteger(raw)) return raw as number;
    const size = Number.isInteger(raw) ? " of at most 53 bits" : "";
    return wrong(`an integer${size}`, raw, faults);
  },
};

const CIDR = 'an address with prefix length such as "10.0.0.2/24"';
const IP = 'an IP address such as "10.0.0.1"';

/** An address with prefix length, which comes back in its canonical form. */
export const cidr: Decoder<string> = {
  read: (raw, faults) =>
    (typeof raw === "string" ? canonicalCidr(raw) : undefined) ??
      wrong(CIDR, raw, faults),
};

/** An address, which comes back in its canonical form. */
export const ip: Decoder<string> = {
  read: (raw, faults) =>
    (typeof raw === "string" ? parseIp(raw)?.text : undefined) ??
      wrong(IP, raw, faults),
};

/** An address, or the empty text that Go prints for none. */
export const ipOrEmpty: Decoder<string> = {
  read: (raw, faults) => raw === "" ? raw : ip.read(raw, faults),
};

/** A value that may be absent. */
export function optional<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return {
    members: decoder.members,
    mayLack: true,
    read: (raw, faults) =>
      raw === undefined ? undefined : decoder.read(raw, faults),
  };
}

/** A value that may be absent or, as Go's decoder takes it, null. */
export function nullish<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return {
    members: decoder.members,
    mayLack: true,
    read: (raw, faults) => raw == null ? undefined : decoder.read(raw, faults),
  };
}

/** A value for which another one stands if it is absent or null. */
export function orElse<T>(decoder: Decoder<T>, other: () => T): Decoder<T> {
  return {
    members: decoder.members,
    read: (raw, faults) => raw == null ? other() : decoder.read(raw, faults),
  };
}

/** What stands in place of a value, whatever that is. */
export function always<T>(value: T): Decoder<T> {
  return { read: () => value };
}

/** A value that, as with Go's `omitempty`, is not set if it is empty or zero. */
export function omitEmpty<T extends string | number>(
  decoder: Decoder<T>,
): Decoder<T | undefined> {
  return {
    members: decoder.members,
    mayLack: true,
    read: (raw, faults) =>
      raw == null ? undefined : decoder.read(raw, faults) || undefined,
  };
}

/** A value that has to be right, but says nothing that is needed. */
export function ignored(decoder: Decoder<unknown>): Decoder<undefined> {
  return {
    ...decoder,
    read: (raw, faults) => void decoder.read(raw, faults),
  };
}

/** A value that has to be of its kind, and something more. */
export function refined<T>(
  decoder: Decoder<T>,
  expected: string,
  accepts: (value: T) => boolean,
): Decoder<T> {
  return {
    ...decoder,
    read(raw, faults) {
      const before = faults.length;
      const value = decoder.read(raw, faults);
      const isFine = faults.length > before || accepts(value);
      return isFine ? value : wrong(expected, raw, faults);
    },
  };
}

/** A list of values of one kind. */
export function list<T>(element: Decoder<T>): Decoder<readonly T[]> {
  return {
    members: element.members,
    read(raw, faults) {
      if (!Array.isArray(raw)) return wrong("an array", raw, faults);
      const taken: T[] = [];
      // Not by `map`, which would leave holes out.
      for (let index = 0; index < raw.length; index++) {
        taken.push(readAt(element, raw[index], index, faults));
      }
      return taken;
    },
  };
}

/** A decoder for each member; only what may be absent may be read as nothing. */
type Members<T> = {
  readonly [Key in keyof T]-?: Record<never, never> extends Pick<T, Key>
    ? Decoder<T[Key] | undefined>
    : Decoder<T[Key]>;
};

/** An object, of which the known members are taken, in the order of these. */
export function object<T>(members: Members<T>): Decoder<T> {
  return objectOf(members, () => undefined);
}

/** An object whose keys match as in Go: exactly, else without regard to case. */
export function goObject<T>(members: Members<T>): Decoder<T> {
  const known = new Map(Object.keys(members).map((key) => [fold(key), key]));
  return objectOf(members, (key) => known.get(fold(key)));
}

type Json = Readonly<Record<string, unknown>>;

function objectOf<T>(
  members: Members<T>,
  spell: (key: string) => string | undefined,
): Decoder<T> {
  const known = new Map(Object.entries<Decoder<unknown>>(members));
  const keys = [...known.keys()];
  const needed = keys.filter((key) => !known.get(key)?.mayLack);
  const read = (raw: Json, faults: Fault[]): T => {
    const before = faults.length;
    const taken: Record<string, unknown> = {};
    for (const key in raw) {
      const member = known.get(key);
      const found = raw[key];
      if (member === undefined) {
        if (spell(key) === undefined) continue;
        faults.length = before;
        return read(respelled(raw, spell), faults);
      }
      if (found === undefined) continue;
      const value = readAt(member, found, key, faults);
      if (value !== undefined || !member.mayLack) taken[key] = value;
    }
    for (const key of needed) {
      if (key in taken) continue;
      const member = known.get(key) as Decoder<unknown>;
      taken[key] = readAt(member, undefined, key, faults);
    }
    return inOrder(taken, keys) as T;
  };
  return {
    members: known,
    read: (raw, faults) =>
      isObject(raw) ? read(raw, faults) : wrong("an object", raw, faults),
  };
}

/** Of two keys that mean the same member the later one counts. */
function respelled(
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

/** Equal objects are to give equal texts, in whatever order they came. */
function inOrder(taken: Json, keys: readonly string[]): Json {
  let next = 0;
  for (const key in taken) {
    while (next < keys.length && keys[next] !== key) next++;
    if (next === keys.length) return sorted(taken, keys);
  }
  return taken;
}

function sorted(taken: Json, keys: readonly string[]): Json {
  return Object.fromEntries(
    keys.filter((key) => key in taken).map((key) => [key, taken[key]]),
  );
}

function isObject(raw: unknown): raw is Json {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}
