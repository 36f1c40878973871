import { assert, assertEquals } from "@std/assert";
import * as fc from "../fast_check.ts";
import { escapeJson, serializeJson } from "../../src/cni/serialize_json.ts";

Deno.test("invisible characters are escaped, and others stay", () => {
  const cases: [text: string, json: string][] = [
    ["tap0", '"tap0"'],
    ["é 接口 😀", '"é 接口 😀"'],
    ['"\\\n\x1b', '"\\"\\\\\\n\\u001b"'],
    ["\x7f\x80\x9b\x9f", '"\\u007f\\u0080\\u009b\\u009f"'],
    ["\u061c\u200e\u200f", '"\\u061c\\u200e\\u200f"'],
    [
      "\u202a\u202e\u2066\u2069\u2028\u2029",
      '"\\u202a\\u202e\\u2066\\u2069\\u2028\\u2029"',
    ],
    ["\ud800", '"\\ud800"'],
    ["\u{e0001}", '"\\udb40\\udc01"'],
  ];
  for (const [text, json] of cases) {
    assertEquals(serializeJson([text]), `[${json}]`);
    assertEquals(serializeJson({ [text]: 1 }, 2), `{\n  ${json}: 1\n}`);
  }
});

/** Text in which what cannot be seen is frequent. */
const text = fc.array(
  fc.oneof(
    fc.constantFrom(
      ..."\x7f\x80\x9b\u061c\u200e\u202e\u2066\u2028\u2029\ufeff\n",
      "\ud800",
      "\udc00",
      "\u{e0001}",
    ),
    fc.string({ unit: "binary", maxLength: 3 }),
  ),
  { maxLength: 5 },
).map((parts) => parts.join(""));

Deno.test("the JSON of any value is harmless, and means the same", () => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(text, tie("tree"), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(tree, fc.constantFrom(undefined, 2), (value, indent) => {
      const json = serializeJson([value], indent);
      assertEquals(JSON.parse(json), JSON.parse(JSON.stringify([value])));
      assert(!/[^\p{L}\p{M}\p{N}\p{P}\p{S} \n]/u.test(json), json);
      assertEquals(escapeJson(json), json);
    }),
  );
});
