import { assertEquals } from "@std/assert";
import {
  always,
  cidr,
  decode,
  type Decoder,
  goObject,
  ignored,
  integer,
  ip,
  list,
  object,
  omitZero,
  optional,
  refined,
  salvage,
  text,
} from "../../src/cni/decode.ts";

function valueOf<T>(raw: unknown, decoder: Decoder<T>): T | undefined {
  const { value, faults } = decode(raw, decoder);
  assertEquals(faults, []);
  return value;
}

function faultsOf(raw: unknown, decoder: Decoder<unknown>): string[] {
  const { value, faults } = decode(raw, decoder);
  assertEquals(value, undefined);
  return faults.map(({ place, expected }) => `${place.join(".")}: ${expected}`);
}

Deno.test("a scalar accepts values of its kind, and no others", () => {
  assertEquals(valueOf("", text), "");
  assertEquals(valueOf(-3, integer), -3);
  assertEquals(valueOf("FD00::2/064", cidr), "fd00::2/64");
  assertEquals(valueOf("::ffff:10.0.0.1", ip), "10.0.0.1");
  for (const raw of [undefined, null, true, [], {}, 1.5, Infinity, "x"]) {
    for (const decoder of [integer, cidr, ip]) {
      assertEquals(faultsOf(raw, decoder).length, 1);
    }
  }
  assertEquals(faultsOf(3, text), [": a string"]);
  assertEquals(faultsOf(2 ** 53, integer), [
    ": an integer of at most 53 bits",
  ]);
});

interface Absent {
  readonly name: string;
  readonly note?: string;
}

const ABSENT = { name: text, note: optional(text) };

Deno.test("a strict object has no null and no zero values", () => {
  const strict = object<Absent>(ABSENT);
  assertEquals(valueOf({ name: "" }, strict), { name: "" });
  assertEquals(faultsOf({ note: null }, strict), [
    "note: a string",
    "name: a string",
  ]);
});

Deno.test("in Go's objects null is absent, and zero values stand in", () => {
  const decoder = goObject<Absent>(ABSENT);
  assertEquals(valueOf({}, decoder), { name: "" });
  assertEquals(valueOf({ name: null, note: null }, decoder), { name: "" });
  assertEquals(valueOf({ note: "" }, decoder), { name: "", note: "" });
});

Deno.test("an absent object of Go's must be right where it has no zero value", () => {
  const decoder = goObject({ a: goObject({ to: cidr, via: list(text) }) });
  assertEquals(faultsOf({}, decoder).length, 1);
});

Deno.test("empty texts and zeros are not set where Go omits them", () => {
  interface Omitting {
    readonly hop?: string;
    readonly mtu?: number;
    readonly table?: number;
  }
  const decoder = goObject<Omitting>({
    hop: omitZero(ip),
    mtu: omitZero(integer),
    table: optional(integer),
  });
  assertEquals(valueOf({ hop: "", mtu: 0, table: 0 }, decoder), { table: 0 });
  assertEquals(faultsOf({ hop: 0, mtu: "" }, decoder).length, 2);
  assertEquals(faultsOf("", ip).length, 1);
});

Deno.test("an ignored member must still be right", () => {
  const decoder = object<{ readonly a?: undefined }>({
    a: ignored(optional(text)),
  });
  assertEquals(valueOf({ a: "x" }, decoder), {});
  assertEquals(faultsOf({ a: 1 }, decoder), ["a: a string"]);
});

Deno.test("the right parts of a malformed value can be salvaged", () => {
  const decoder = goObject({ to: list(cidr), hop: optional(ip), name: text });
  const raw = { to: ["10.0.0.2", 7, "FD00::2/64"], HOP: "x", name: 7 };
  assertEquals(salvage(raw, decoder), {
    to: ["10.0.0.2", undefined, "fd00::2/64"],
    hop: "x",
    name: undefined,
  });
  assertEquals(salvage([], decoder), undefined);
});

Deno.test("a refinement checks only values of the right kind", () => {
  const even = refined(integer, "an even number", (value) => value % 2 === 0);
  assertEquals(valueOf(4, even), 4);
  assertEquals(faultsOf(3, even), [": an even number"]);
  assertEquals(faultsOf("3", even), [": an integer"]);
});

const PERSON = {
  name: text,
  tags: list(text),
  age: optional(integer),
  kind: always("person" as const),
};

interface Person {
  readonly name: string;
  readonly tags: readonly string[];
  readonly age?: number;
  readonly kind: "person";
}

Deno.test("an object keeps its known members", () => {
  const raw = JSON.parse('{"age":3,"__proto__":{"name":"x"},"name":"a","b":1}');
  assertEquals(valueOf(raw, goObject<Person>(PERSON)), {
    age: 3,
    name: "a",
    tags: [],
    kind: "person",
  });
  assertEquals(faultsOf({ NAME: "a", tags: [] }, object<Person>(PERSON)), [
    "name: a string",
  ]);
});

Deno.test("the prototype's names are ordinary unknown keys", () => {
  const raw = JSON.parse('{"__proto__":{"name":"x"},"NAME":"a"}');
  assertEquals(valueOf(raw, goObject<Person>(PERSON))?.name, "a");
});

Deno.test("keys match by Unicode's simple folding, and no other likeness", () => {
  const decoder = goObject<
    { readonly sandbox?: string; readonly kip?: string }
  >(
    { sandbox: optional(text), kip: optional(text) },
  );
  assertEquals(valueOf({ "ſandbox": "a", "\u212Aip": "b" }, decoder), {
    sandbox: "a",
    kip: "b",
  });
  for (const key of ["sand_box", "ｋip", "kıp", "kİp"]) {
    assertEquals(valueOf({ [key]: "a" }, decoder), {});
  }
});

Deno.test("an object as Go reads it matches keys without regard to case", () => {
  const decoder = goObject<Person>(PERSON);
  assertEquals(valueOf({ NAME: "a", Tagſ: ["b"], AGE: 3 }, decoder), {
    name: "a",
    tags: ["b"],
    age: 3,
    kind: "person",
  });
  assertEquals(valueOf({ name: "a", Name: "b" }, decoder)?.name, "b");
  assertEquals(valueOf({ Name: "b", name: "a" }, decoder)?.name, "a");
});

Deno.test("the later of two spellings counts, even if it is null", () => {
  const decoder = goObject<Person>(PERSON);
  assertEquals(
    valueOf({ name: "a", age: 3, Age: null }, decoder)?.age,
    undefined,
  );
  assertEquals(valueOf({ name: 1, Name: "a" }, decoder)?.name, "a");
  assertEquals(faultsOf({ name: "a", Name: 1 }, decoder), ["name: a string"]);
});

Deno.test("equal objects come back in one order, however they were written", () => {
  const decoder = object<Person>(PERSON);
  const orders = [
    { name: "a", tags: ["b"], age: 3 },
    { age: 3, tags: ["b"], name: "a" },
    { tags: ["b"], age: 3, name: "a" },
  ].map((raw) => JSON.stringify(valueOf(raw, decoder)));
  assertEquals(new Set(orders).size, 1);
});

Deno.test("a hole in a list is nothing", () => {
  assertEquals(faultsOf(new Array(1), list(text)), ["0: a string"]);
});

Deno.test("faults have their places, in document order, and missing members are last", () => {
  const decoder = list(object<Person>(PERSON));
  const raw = [{ age: "x", tags: ["a", 1] }, 7, { tags: [], name: null }];
  assertEquals(faultsOf(raw, decoder), [
    "0.age: an integer",
    "0.tags.1: a string",
    "0.name: a string",
    "1: an object",
    "2.name: a string",
  ]);
});

Deno.test("a wrong member is reported once, however it is spelled", () => {
  assertEquals(faultsOf({ Name: 1 }, goObject<Person>(PERSON)), [
    "name: a string",
  ]);
});

Deno.test("a decoded value shares nothing with the input", () => {
  const tags = ["a"];
  const person = valueOf({ name: "a", tags }, object<Person>(PERSON));
  tags.push("b");
  assertEquals(person?.tags, ["a"]);
});
