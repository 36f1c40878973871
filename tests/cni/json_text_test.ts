import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseJson } from "../../src/cni/json_text.ts";
import { VmConfError } from "../../src/errors.ts";

Deno.test("white space around a document is fine", () => {
  assertEquals(parseJson(' \n\t{"a": [1, null]}\r\n'), { a: [1, null] });
});

Deno.test("what is not one JSON document is refused", () => {
  const texts = ["", " \n", "{", "{} x", "{}{}", "{'a':1}", '{"a":01}', "{,}"];
  for (const text of texts) {
    const { code } = assertThrows(() => parseJson(text), VmConfError);
    assertEquals(code, "invalid-json", text);
  }
});

Deno.test("a byte order mark is named", () => {
  const { message } = assertThrows(() => parseJson("\uFEFF{}"), VmConfError);
  assert(message.includes("byte order mark"));
});

Deno.test("an integer with a fraction or an exponent is no integer, as in Go", () => {
  const value = parseJson('{"a": 1.0, "b": 1e0, "c": 1, "d": 1.5}');
  const { a, b, c, d } = value as Record<string, unknown>;
  assertEquals([a, b], ["1.0", "1e0"]);
  assertEquals([c, d], [1, 1.5]);
});

Deno.test("a lone surrogate becomes U+FFFD, as in Go, and a pair stays", () => {
  assertEquals(parseJson('["\\ud83d", "\\ud83d\\ude00"]'), ["\ufffd", "😀"]);
});
