/** What the benchmarks share: measuring in turn, statistics, and tables. */

/** Measures one batch, and returns the time of one run in it. */
export type MeasureBatch = () => number | Promise<number>;

/**
 * Measures all ways in turn, round by round, as the machine's speed changes by
 * the second and must change for all of them alike. The first rounds only warm
 * up.
 */
export async function measureInTurn<Way extends string>(
  ways: Readonly<Record<Way, MeasureBatch>>,
  rounds: number,
  warmUps = 1,
): Promise<Record<Way, number[]>> {
  const all: [Way, MeasureBatch, number[]][] = [];
  for (const way in ways) all.push([way, ways[way], []]);
  for (let round = -warmUps; round < rounds; round++) {
    for (const [, measureBatch, times] of all) {
      const time = await measureBatch();
      if (round >= 0) times.push(time);
    }
  }
  const times = all.map(([way, , times]) => [way, times]);
  return Object.fromEntries(times);
}

/** Measures a batch of runs, and returns the microseconds of one. */
export function timeRuns(action: () => unknown, runs: number): number {
  const start = performance.now();
  for (let done = 0; done < runs; done++) action();
  return (performance.now() - start) / runs * 1000;
}

/** Returns the middle one of some times. */
export function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN;
}

/** Prints the best of some times and, in brackets, their median. */
export function formatTimes(times: readonly number[], unit: string): string {
  const best = formatNumber(Math.min(...times));
  return `${best} ${unit} (${formatNumber(median(times))})`;
}

/**
 * Prints how many times as long one way takes as another. It is the median of
 * the rounds' ratios: in each round both met the same machine.
 */
export function formatRatio(
  times: readonly number[],
  others: readonly number[],
): string {
  const ratios = times.map((time, round) => time / (others[round] ?? NaN));
  return median(ratios).toFixed(2);
}

/** Prints the three leading digits of a number, and all before the point. */
export function formatNumber(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Prints a Markdown table below a line that says what it shows. */
export function printTable(
  caption: string,
  rows: readonly Readonly<Record<string, string>>[],
): void {
  const head = Object.keys(rows[0] ?? {});
  const rule = head.map(() => "---");
  const lines = [head, rule, ...rows.map((row) => Object.values(row))];
  console.log(`\n${caption}\n`);
  for (const cells of lines) console.log(`| ${cells.join(" | ")} |`);
}
