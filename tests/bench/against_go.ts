/** JSON text → configuration → `ip=`, against the Go package's figures. */
import { ipBootParam, staticNetworkConfFrom } from "../../mod.ts";
import { CONTAINER_ID, INPUTS } from "./inputs.ts";

const BATCH_MS = 10;
const BATCHES = 200;

/** The time of one call in microseconds, in the best and the median batch. */
function measure(action: () => void): { best: number; median: number } {
  const calls = callsIn(action, BATCH_MS);
  const times = Array.from({ length: BATCHES }, () => {
    const start = performance.now();
    for (let call = 0; call < calls; call++) action();
    return (performance.now() - start) / calls * 1000;
  }).sort((a, b) => a - b);
  return { best: times[0] ?? NaN, median: times[BATCHES / 2] ?? NaN };
}

/** How often the action runs in that time, once it is warm. */
function callsIn(action: () => void, milliseconds: number): number {
  const warmUp = performance.now() + 500;
  let calls = 0;
  while (performance.now() < warmUp) {
    action();
    calls++;
  }
  return Math.max(1, Math.ceil(calls / 500 * milliseconds));
}

const rows = INPUTS.map(({ name, text, goBest }) => {
  const { best, median } = measure(() =>
    ipBootParam(staticNetworkConfFrom(text, CONTAINER_ID, { mtu: 1500 }))
  );
  return {
    input: name,
    bytes: text.length,
    "best µs": best.toFixed(2),
    "median µs": median.toFixed(2),
    "Go best µs": goBest,
    "times Go's speed": (goBest / best).toFixed(1),
  };
});
console.table(rows);
console.log(
  "Go's figures were measured separately, on a machine of this kind, with Go 1.24.4.",
);
