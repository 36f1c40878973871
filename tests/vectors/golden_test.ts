import { assertEquals } from "@std/assert";
import { denoRun, repositoryPath } from "../child.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";
import { differences } from "./compare.ts";
import deviations from "./deviations.json" with { type: "json" };
import type { Answer, Vector } from "./vector.ts";

function parseLines<T>(text: string): T[] {
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

const allowed = new Set(
  deviations.deviations.flatMap(({ vectors }) => vectors),
);

/** Compares, and counts by family what is the same, allowed and different. */
function judge(vectors: readonly Vector[], answers: readonly Answer[]) {
  const table: Record<string, Record<string, number>> = {};
  const differing: string[] = [];
  const needless: string[] = [];
  for (const [index, vector] of vectors.entries()) {
    const answer = answers[index] ?? { id: "no answer" };
    const found = differences(vector, answer);
    const verdict = found.length === 0
      ? "same"
      : allowed.has(vector.id)
      ? "deviates"
      : "differs";
    const row = table[vector.family] ??= { same: 0, deviates: 0, differs: 0 };
    row[verdict] = (row[verdict] ?? 0) + 1;
    if (verdict === "differs") {
      differing.push(`${vector.id}: ${found.join("; ")}`);
    }
    if (verdict === "same" && allowed.has(vector.id)) needless.push(vector.id);
  }
  return { table, differing, needless };
}

testUnless(
  noSandbox,
  "every golden vector of the Go package gets its answer, or a deviation with a reason",
  async () => {
    const file = repositoryPath("tests/vectors/go.ndjson");
    const { code, stdout, stderr } = await inSandbox(
      `sh ${repositoryPath("tests/vectors/setup.sh")}`,
      denoRun(["-A"], "tests/vectors/answer.ts", file),
    );
    assertEquals(code, 0, stderr);
    const vectors = parseLines<Vector>(await Deno.readTextFile(file));
    const answers = parseLines<Answer>(stdout);
    assertEquals(answers.map(({ id }) => id), vectors.map(({ id }) => id));
    const { table, differing, needless } = judge(vectors, answers);
    console.table(table);
    assertEquals(differing, []);
    assertEquals(needless, []);
  },
);

Deno.test("no deviation is listed twice, and each has a reason", () => {
  const listed = deviations.deviations.flatMap(({ vectors }) => vectors);
  assertEquals(listed.length, new Set(listed).size);
  for (const { quirk, reason } of deviations.deviations) {
    assertEquals([quirk, reason].includes(""), false);
  }
});
