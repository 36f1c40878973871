import { assertEquals } from "@std/assert";
import { formatTable, tableInReadme } from "./readme.ts";

/** The cells alone: `deno fmt` lays them out. */
function cells(table: string): string[][] {
  return table.trim().split("\n").map((row) =>
    row.split("|").map((cell) => cell.trim().replace(/-{2,}/, "-"))
  );
}

Deno.test("the README's table is the registry's (if not: deno task readme)", async () => {
  assertEquals(cells(await tableInReadme()), cells(formatTable()));
});
