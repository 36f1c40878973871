/** What `@std/cli` answers; under `deno task test` the stand-ins must do the same. */
import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { unicodeWidth } from "@std/cli/unicode-width";
import widths from "./std/unicode_width.json" with { type: "json" };
import { repositoryPath } from "../child.ts";

/** The call of `unknown` for a flag, or for an operand, which has no key. */
type UnknownCall = readonly [arg: string, key: unknown, value: unknown];

interface CommandLine {
  readonly options: string;
  readonly args: string[];
  readonly parsed: Readonly<Record<string, unknown>>;
  readonly unknown: readonly UnknownCall[];
}

const VECTORS = repositoryPath("tests/vectors/std/parse_args.ndjson");

Deno.test("parseArgs gives the recorded answers", async () => {
  const [first = "", ...lines] = (await Deno.readTextFile(VECTORS))
    .trim().split("\n");
  const { optionSets } = JSON.parse(first);
  assertEquals(lines.length, 1292);
  for (const line of lines) {
    const { options, args, parsed, unknown }: CommandLine = JSON.parse(line);
    const calls: UnknownCall[] = [];
    const found = parseArgs(args, {
      ...optionSets[options],
      unknown: (arg: string, key?: string, value?: unknown) => {
        calls.push([arg, key ?? null, value ?? null]);
        return key === undefined;
      },
    });
    assertEquals({ ...found }, { ...parsed }, line);
    assertEquals(calls, [...unknown], line);
  }
});

Deno.test("unicodeWidth gives the recorded widths", () => {
  for (const { text, width } of widths) {
    assertEquals(unicodeWidth(text), width, JSON.stringify(text));
  }
});
