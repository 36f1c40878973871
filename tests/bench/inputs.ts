/** The results that Go was measured with, and what Go took, in microseconds. */

/** A result, and Go's figures for text → conversion → `ip=`. */
export interface Input {
  readonly name: string;
  readonly text: string;
  readonly goBest: number;
}

function read(name: string): string {
  return Deno.readTextFileSync(new URL(`../vectors/${name}`, import.meta.url));
}

/** Go 1.24.4, best of batches, namespace and link lookup replaced by a constant. */
const GO_BEST: Readonly<Record<string, number>> = {
  "result-min.json": 8.6,
  "result-1.0.0.json": 20.8,
  "result-0.4.0.json": 22.2,
  "result-big.json": 851,
};

/** The inputs. */
export const INPUTS: readonly Input[] = Object.entries(GO_BEST).map((
  [name, goBest],
) => ({ name, goBest, text: read(name) }));

/** The VM of each of them. */
export const CONTAINER_ID = "vm-1";
