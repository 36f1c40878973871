import { assertEquals } from "@std/assert";
import { MOST_LEVELS, scanJson } from "../../src/cni/json_scan.ts";

Deno.test("a JSON document has no fault", () => {
  const texts = [
    "{}",
    "[]",
    "null",
    "-0.5e+10",
    '""',
    ' {"a" : [ 1 , {} , [] , true ] , "b" : "\\u00e9\\n\\"" } ',
  ];
  for (const text of texts) assertEquals(scanJson(text), undefined, text);
});

Deno.test("the first fault has an offset, and what was expected there", () => {
  const name = "a member's name in double quotes";
  const cases: [string, number, string][] = [
    ["", 0, "a value"],
    ["tru", 0, "a value"],
    ["{", 1, `${name} or "}"`],
    ['{"a":1,}', 7, name],
    ['{"a" 1}', 5, '":"'],
    ['{"a":01}', 6, '"," or "}"'],
    ["[1 2]", 3, '"," or "]"'],
    ["[1,]", 3, "a value"],
    ["[", 1, 'a value or "]"'],
    ["{}x", 2, "nothing more"],
    ["{]", 1, `${name} or "}"`],
    ["1.", 2, "a digit"],
    ["1e+", 3, "a digit"],
    ['"abc', 4, 'a closing "'],
    ['"\\x"', 1, "a valid escape of JSON"],
    ['"\\u12g4"', 1, "a valid escape of JSON"],
    ['"a\tb"', 2, "an escape such as \\n in a string"],
  ];
  for (const [text, offset, expected] of cases) {
    assertEquals(scanJson(text), { offset, expected }, text);
  }
});

Deno.test("nesting has Go's limit, and costs no stack", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  assertEquals(scanJson(nested(MOST_LEVELS)), undefined);
  assertEquals(scanJson(nested(1_000_000)), {
    offset: MOST_LEVELS,
    expected: "at most 10000 levels of nesting",
  });
});

Deno.test("the scan reports where strings, names and numbers are", () => {
  const text = '{"a": [-1.0, "b", true]}';
  const tokens: string[] = [];
  scanJson(text, (start, end) => tokens.push(text.slice(start, end)));
  assertEquals(tokens, ['"a"', "-1.0", '"b"']);
});
