import { assert, assertEquals } from "@std/assert";
import { unicodeWidth } from "@std/cli/unicode-width";
import { formatValue } from "../../src/cli/inspect/escape.ts";
import { formatCommandHelp, formatHelp } from "../../src/cli/help.ts";
import { loadCommands } from "../../src/cli/commands.ts";
import {
  fillParagraphs,
  fitText,
  formatColumns,
  wrapText,
} from "../../src/cli/layout.ts";
import { HOSTILE } from "./inspect/inspections.ts";

Deno.test("lines are broken at spaces, and in a word only if it is too long", () => {
  assertEquals(fitText("one two three", 8), ["one two", "three"]);
  assertEquals(fitText("a 123456789 b", 4), ["a", "1234", "5678", "9 b"]);
  assertEquals(fitText("名前名前", 5), ["名前", "名前"]);
  assertEquals(fitText("", 5), [""]);
});

Deno.test("a word that may be copied is never broken", () => {
  assertEquals(wrapText("a 123456789 b", 4), ["a", "123456789", "b"]);
});

Deno.test("no line is wider than it may be, and nothing is lost", () => {
  for (const text of HOSTILE.map(formatValue)) {
    for (const width of [2, 7, 20, 80]) {
      const lines = fitText(text, width);
      assert(lines.every((line) => unicodeWidth(line) <= width), text);
      assertEquals(
        lines.join("").replaceAll(" ", ""),
        text.replaceAll(" ", ""),
      );
    }
  }
});

Deno.test("a long entry of the left column does not widen it", () => {
  assertEquals(
    formatColumns([["a", "x ".repeat(40)], ["y".repeat(30), "z"]]),
    `  a  ${"x ".repeat(37)}x
     x x
  ${"y".repeat(30)}
     z`,
  );
});

Deno.test("a paragraph is filled, an indented line is kept", () => {
  const line = `  ${"x ".repeat(60)}`;
  assertEquals(
    fillParagraphs(`one\ntwo:\n${line}\nthree\nfour\n\nfive`),
    `one two:\n${line}\nthree four\n\nfive`,
  );
});

Deno.test("help fits a terminal, except for lines to copy", async () => {
  const commands = await loadCommands();
  for (
    const help of [formatHelp(commands), ...commands.map(formatCommandHelp)]
  ) {
    const wide = help.split("\n").filter((line) => line.length > 80);
    assertEquals(wide.filter((line) => !/^Usage: | {2}vmconf /.test(line)), []);
  }
});
