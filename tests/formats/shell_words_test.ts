import { assertEquals } from "@std/assert";
import { makeArgumentFiles } from "../../src/formats/files.ts";
import { quoteShellWord } from "../../src/formats/shell_words.ts";
import { run } from "../child.ts";
import { HOSTILE } from "./hostile.ts";

Deno.test("a word is in quotes only where it needs them", () => {
  for (const word of ["tap0", "/run/netns/a-b", "id=net0,mac=02:00", "50%"]) {
    assertEquals(quoteShellWord(word), word);
  }
  for (const word of ["", "~", "a b", "$HOME", "=cat", "é", "a;b", "a[1]"]) {
    assertEquals(quoteShellWord(word), `'${word}'`);
  }
  assertEquals(quoteShellWord("it's"), String.raw`'it'\''s'`);
});

/** What an argument of a process can hold: no NUL, and no half characters. */
const ARGUMENTS = HOSTILE.filter((text) =>
  !text.includes("\0") && text.isWellFormed()
);

for (const shell of ["sh", "bash"]) {
  Deno.test(`${shell} reads every word as the same text`, async () => {
    const [line, list] = makeArgumentFiles("test", ARGUMENTS);
    const script = `printf '%s\\0' ${line?.text}`;
    const { stdout } = await run([shell, "-c", script]);
    assertEquals(stdout.split("\0").slice(0, -1), ARGUMENTS);
    assertEquals(JSON.parse(list?.text ?? ""), ARGUMENTS);
  });
}

Deno.test("eval takes the line as the shell's own words", async () => {
  const [line] = makeArgumentFiles("test", ARGUMENTS);
  const script = `eval "set -- $1"; printf '%s\\0' "$@"`;
  const { stdout } = await run(["sh", "-c", script, "sh", line?.text ?? ""]);
  assertEquals(stdout.split("\0").slice(0, -1), ARGUMENTS);
});
