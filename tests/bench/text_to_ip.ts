/** JSON text → configuration → `ip=`, MTU given, beside a Go program. */
import { assertEquals } from "@std/assert";
import { ipBootParam, parseResult, staticNetworkConfFrom } from "../../mod.ts";
import { repositoryPath } from "../child.ts";
import { buildGo, type StartGo } from "./go_program.ts";
import {
  formatNumber,
  formatRatio,
  formatTimes,
  measureInTurn,
  median,
  printTable,
  timeRuns,
} from "./measure.ts";

const FILES = [
  "result-min.json",
  "result-1.0.0.json",
  "result-0.4.0.json",
  "result-big.json",
];
const CONTAINER_ID = "vm-1";
const OPTIONS = { mtu: 1500 };
const ROUNDS = 200;
const WARM_UPS = 50;
const WARM_UP_RUNS = 1_000;
const BATCH_US = 5_000;
const PART_RUNS = 100;

function convert(text: string): string {
  return ipBootParam(staticNetworkConfFrom(text, CONTAINER_ID, OPTIONS));
}

/** Reads a result; as 1.0.0, since Debian's libcni does not know 1.1.0. */
async function readInput(file: string): Promise<string> {
  const path = repositoryPath(`tests/vectors/${file}`);
  const text = await Deno.readTextFile(path);
  return text.replace('"cniVersion":"1.1.0"', '"cniVersion":"1.0.0"');
}

/** Measures our side and, where it can be built, the Go program. */
async function compare(
  text: string,
  startGo: StartGo | undefined,
): Promise<{ vmconf: number[]; go?: number[] }> {
  timeRuns(() => convert(text), WARM_UP_RUNS); // V8 compiles it
  const time = timeRuns(() => convert(text), WARM_UP_RUNS);
  const runs = Math.ceil(BATCH_US / time);
  const vmconf = () => timeRuns(() => convert(text), runs);
  if (startGo === undefined) {
    return await measureInTurn({ vmconf }, ROUNDS, WARM_UPS);
  }
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, text);
  await using program = startGo(file, CONTAINER_ID, `${OPTIONS.mtu}`);
  assertEquals((await program.measure(1)).answer, convert(text));
  const go = async () => (await program.measure(runs)).time;
  return await measureInTurn({ vmconf, go }, ROUNDS, WARM_UPS);
}

/** Measures the parts of a conversion. */
async function measureParts(text: string): Promise<Record<string, number[]>> {
  const result = parseResult(text);
  const conf = staticNetworkConfFrom(result, CONTAINER_ID, OPTIONS);
  return await measureInTurn(
    {
      "`JSON.parse` alone": () => timeRuns(() => JSON.parse(text), PART_RUNS),
      "`parseResult`": () => timeRuns(() => parseResult(text), PART_RUNS),
      "`staticNetworkConfFrom`": () =>
        timeRuns(
          () => staticNetworkConfFrom(result, CONTAINER_ID, OPTIONS),
          PART_RUNS,
        ),
      "`ipBootParam`": () => timeRuns(() => ipBootParam(conf), PART_RUNS),
    },
    ROUNDS,
    WARM_UPS,
  );
}

const startGo = await buildGo("text_to_ip");
const compared: Record<string, string>[] = [];
for (const file of FILES) {
  const { vmconf, go } = await compare(await readInput(file), startGo);
  compared.push({
    input: `\`${file}\``,
    "vmconf, best (median)": formatTimes(vmconf, "µs"),
    ...go && {
      "Go, best (median)": formatTimes(go, "µs"),
      "Go ÷ vmconf": formatRatio(go, vmconf),
    },
  });
}
printTable("JSON text to the text of `ip=`, MTU given:", compared);

const parts: Record<string, string>[] = [];
for (const file of FILES) {
  const times = await measureParts(await readInput(file));
  const cells = Object.entries(times).map(([part, all]) => [
    part,
    `${formatNumber(median(all))} µs`,
  ]);
  parts.push({ input: `\`${file}\``, ...Object.fromEntries(cells) });
}
printTable("Its parts, medians:", parts);
