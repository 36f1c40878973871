import { assert, assertEquals, assertThrows } from "@std/assert";
import { LONGEST_TEXT, parseJson } from "../../src/cni/json_text.ts";
import { VmConfError } from "../../src/errors.ts";

function failure(text: string, longest?: number): VmConfError {
  return assertThrows(() => parseJson(text, longest), VmConfError);
}

Deno.test("white space around a document is fine", () => {
  assertEquals(parseJson(' \n\t{"a": [1, null]}\r\n'), { a: [1, null] });
});

Deno.test("the last of several members with one name counts", () => {
  assertEquals(parseJson('{"a": 1, "a": 2}'), { a: 2 });
});

Deno.test("what is not one JSON document is refused with line and column", () => {
  const cases: [string, string][] = [
    ["", "line 1, column 1: expected a value, found the end"],
    ["\n \n", "line 3, column 1: expected a value, found the end"],
    ["{}\n{}", 'line 2, column 1: expected nothing more, found "{"'],
    ['{"a":\r\n  x}', 'line 2, column 3: expected a value, found "x"'],
    ["{\u00a0}", 'found "\\u00a0"'],
    ["[1]\x00", 'found "\\x00"'],
    ["{} 😀", 'expected nothing more, found "😀"'],
  ];
  for (const [text, part] of cases) {
    const { code, message } = failure(text);
    assertEquals(code, "invalid-json");
    assert(message.endsWith(part), message);
  }
});

Deno.test("a byte order mark is named", () => {
  const { message, hint } = failure("\uFEFF{}");
  assert(message.endsWith("found a byte order mark (BOM)"), message);
  assertEquals(hint, "Save the text as UTF-8 without BOM.");
});

Deno.test("a number with a fraction or an exponent is not an integer, as in Go", () => {
  const value = parseJson('{"a": 1.0, "b": 1e0, "c": 1, "d": 1.5, "e": "1.0"}');
  assertEquals(value, { a: Infinity, b: Infinity, c: 1, d: 1.5, e: "1.0" });
  assertEquals(parseJson("[1.0]"), [Infinity]);
  assertEquals(parseJson('{"a":[[-2e0 ]]}'), { a: [[Infinity]] });
});

Deno.test("a lone surrogate becomes U+FFFD, as in Go, and a pair stays", () => {
  assertEquals(
    parseJson('["\\ud83d", "\\ud83d\\ude00", "\\\\ud83d", "\\u0041"]'),
    ["\ufffd", "😀", "\\ud83d", "A"],
  );
});

Deno.test("a text that is too long is refused unread, unless more is allowed", () => {
  const text = `[${" ".repeat(100)}]`;
  const { code, message } = failure(text, 50);
  assertEquals(code, "too-long");
  assert(
    message.endsWith("expected at most 50 characters, found 102"),
    message,
  );
  assertEquals(parseJson(text, 102), []);
  assertEquals(failure("x".repeat(50_000_000)).code, "too-long");
});

Deno.test("junk of the greatest length allowed is an error, not a crash", () => {
  const most = (unit: string) => unit.repeat(LONGEST_TEXT / unit.length);
  for (const unit of ["[", '{"a":', '"', "\n", "\\u", "-", '["\\u0041",']) {
    assertEquals(failure(most(unit)).code, "invalid-json", unit);
  }
});

Deno.test("deep nesting is read, also in a text that needs a closer look", () => {
  const depth = 9_990;
  const deep = "[".repeat(depth) + "]".repeat(depth);
  const value = parseJson(`{"a": 1.0, "b": ${deep}}`) as { a: number };
  assertEquals(value.a, Infinity);
  assertEquals(failure(`{"b": ${deep}[}`).code, "invalid-json");
  assertEquals(
    failure("[".repeat(10_001) + "]".repeat(10_001)).code,
    "invalid-json",
  );
});
