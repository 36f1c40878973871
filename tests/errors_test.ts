import { assert, assertEquals } from "@std/assert";
import { printable, quote, VmConfError } from "../src/errors.ts";

Deno.test("quote escapes as Go's %q does", () => {
  const cases: [string, string][] = [
    ["tap0", '"tap0"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["\x07\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'],
    ["\x00\x1b\x7f", '"\\x00\\x1b\\x7f"'],
    ["é接口😀", '"é接口😀"'],
    ["\u00a0\u200b\ufeff\u2028", '"\\u00a0\\u200b\\ufeff\\u2028"'],
    ["\u{e0001}", '"\\U000e0001"'],
    ["\ud800", '"\ufffd"'],
  ];
  for (const [text, quoted] of cases) assertEquals(quote(text), quoted);
});

Deno.test("printable leaves quotes alone and lets no control character through", () => {
  assertEquals(printable('say "\x1b[31mred"\n'), 'say "\\x1b[31mred"\\n');
});

Deno.test("an error keeps its code, path, hint and cause as data", () => {
  const cause = new Error("deeper");
  const error = new VmConfError("invalid-mac", "no", {
    path: "result.interfaces[1].mac",
    hint: "look there",
    cause,
  });
  assert(error instanceof Error);
  const { name, code, message, path, hint } = error;
  assertEquals({ name, code, message, path, hint }, {
    name: "VmConfError",
    code: "invalid-mac",
    message: "no",
    path: "result.interfaces[1].mac",
    hint: "look there",
  });
  assertEquals(error.cause, cause);
});
