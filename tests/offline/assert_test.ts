/** What the tests rely on; true of `@std/assert` and of its stand-in. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

class Failure extends Error {}

function fail(): never {
  throw new Failure("it failed");
}

/** Assertions that must fail. */
const FALSE: Readonly<Record<string, () => unknown>> = {
  "an empty string is not true": () => assert(""),
  "a number is no text": () => assertEquals<unknown>(1, "1"),
  "an undefined member is one": () => assertEquals({ a: undefined }, {}),
  "a missing member is not undefined": () => assertEquals({}, { a: undefined }),
  "order counts in an array": () => assertEquals([1, 2], [2, 1]),
  "a hole is not undefined": () => assertEquals([, 1], [undefined, 1]),
  "depth is no limit": () => assertEquals([{ a: [1] }], [{ a: [2] }]),
  "bytes are compared": () =>
    assertEquals(Uint8Array.of(1, 2), Uint8Array.of(1, 3)),
  "text that does not match": () => assertMatch("a", /b/),
  "text without the part": () => assertStringIncludes("a", "b"),
  "nothing thrown": () => assertThrows(() => {}, Error),
  "another class thrown": () => assertThrows(fail, TypeError),
  "another message thrown": () => assertThrows(fail, Failure, "it worked"),
};

for (const [name, assertion] of Object.entries(FALSE)) {
  Deno.test(`an assertion fails: ${name}`, () => {
    let error: unknown;
    try {
      assertion();
    } catch (caught) {
      error = caught;
    }
    if (!(error instanceof Error) || error.name !== "AssertionError") {
      throw new Error(`expected an AssertionError, found ${error}`);
    }
  });
}

Deno.test("assertions pass where they are true", () => {
  assert("text");
  assertEquals({ a: [1, NaN], b: "x" }, { b: "x", a: [1, NaN] });
  assertEquals(new Set([1, 2]), new Set([2, 1]));
  assertMatch("abc", /b/);
  assertStringIncludes("abc", "b");
  assertEquals(assertThrows(fail, Failure, "failed").message, "it failed");
  assertEquals(assertThrows(fail, Error) instanceof Failure, true);
});
