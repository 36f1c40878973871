import { assert, assertEquals } from "@std/assert";
import {
  escapeForLayout,
  formatValue,
} from "../../../src/cli/inspect/escape.ts";
import { HOSTILE } from "./inspections.ts";

Deno.test("one word is shown as it is, other values in quotes", () => {
  assertEquals(formatValue("/run/netns/a"), "/run/netns/a");
  assertEquals(formatValue("名前"), "名前");
  assertEquals(formatValue(""), '""');
  assertEquals(formatValue("a b"), '"a b"');
  assertEquals(formatValue('a"b\\'), '"a\\"b\\\\"');
  assertEquals(formatValue("a\x1b[2J"), '"a\\x1b[2J"');
});

Deno.test("no shown value moves, hides or turns its neighbours", () => {
  for (const text of HOSTILE) {
    for (const shown of [escapeForLayout(text), formatValue(text)]) {
      assert(!/[\p{C}\p{M}\u0590-\u08ff]/u.test(shown), JSON.stringify(shown));
    }
  }
});

Deno.test("a very long value is cut, and its length is shown", () => {
  const shown = formatValue("x".repeat(100_000));
  assert(shown.length < 450, shown);
  assert(shown.endsWith("… (100000 characters)"), shown);
});
