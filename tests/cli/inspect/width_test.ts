import { assert, assertEquals } from "@std/assert";
import { unicodeWidth } from "@std/cli/unicode-width";
import { steady, word, wrap } from "../../../src/cli/inspect/width.ts";
import { HOSTILE } from "./inspections.ts";

Deno.test("a value of one word is shown as it is, any other in quotes", () => {
  assertEquals(word("/run/netns/a"), "/run/netns/a");
  assertEquals(word("名前"), "名前");
  assertEquals(word(""), '""');
  assertEquals(word("a b"), '"a b"');
  assertEquals(word('a"b\\'), '"a\\"b\\\\"');
  assertEquals(word("a\x1b[2J"), '"a\\x1b[2J"');
});

Deno.test("nothing that is shown moves, hides or turns what stands beside it", () => {
  for (const text of HOSTILE) {
    for (const shown of [steady(text), word(text)]) {
      assert(!/[\p{C}\p{M}\u0590-\u08ff]/u.test(shown), JSON.stringify(shown));
    }
  }
});

Deno.test("a very long value is cut, and its length told", () => {
  const shown = word("x".repeat(100_000));
  assert(shown.length < 450, shown);
  assert(shown.endsWith("… (100000 characters)"), shown);
});

Deno.test("lines are broken at spaces, and in a word only if it is too long", () => {
  assertEquals(wrap("one two three", 8), ["one two", "three"]);
  assertEquals(wrap("a 123456789 b", 4), ["a", "1234", "5678", "9 b"]);
  assertEquals(wrap("名前名前", 5), ["名前", "名前"]);
  assertEquals(wrap("", 5), [""]);
});

Deno.test("no line is wider than it may be, and nothing is lost", () => {
  for (const text of HOSTILE.map(word)) {
    for (const width of [2, 7, 20, 80]) {
      const lines = wrap(text, width);
      assert(lines.every((line) => unicodeWidth(line) <= width), text);
      assertEquals(
        lines.join("").replaceAll(" ", ""),
        text.replaceAll(" ", ""),
      );
    }
  }
});
