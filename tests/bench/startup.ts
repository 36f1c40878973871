/**
 * From start to answer: the command from source and as a binary, against an
 * empty script and an empty binary, interleaved. Needs `dist/vmconf`, made by
 * `deno task compile`; `DENO_COMPILE` names another Deno that compiles.
 */
import { repositoryPath, run, vmconf } from "../child.ts";

const RUNS = 31;
const RESULT = repositoryPath("tests/vectors/real/ptp4.json");
const CONVERT = [
  "convert",
  RESULT,
  "--container-id=vm-ptp4",
  "--format=ip",
  "--mtu=1500",
];

/** Milliseconds of one run. */
interface Time {
  readonly wall: number;
  readonly cpu: number;
}

/** bash tells of a child what Deno does not: the time of its CPU. */
const TIMED = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>&1';

async function measure(command: readonly string[]): Promise<Time> {
  const { stderr } = await run(["bash", "-c", TIMED, "bash", ...command]);
  const [wall = NaN, user = NaN, system = NaN] = stderr.trim().split(" ")
    .map((seconds) => Number(seconds) * 1000);
  return { wall, cpu: user + system };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

async function emptyPrograms(folder: string): Promise<string> {
  const script = `${folder}/empty.ts`;
  await Deno.writeTextFile(script, 'console.log("")\n');
  const { code, stderr } = await run([
    Deno.env.get("DENO_COMPILE") ?? Deno.execPath(),
    "compile",
    "--quiet",
    "--no-config",
    `--output=${folder}/empty`,
    script,
  ]);
  if (code !== 0) throw new Error(stderr);
  await Deno.chmod(`${folder}/empty`, 0o755);
  return script;
}

const folder = await Deno.makeTempDir();
try {
  const script = await emptyPrograms(folder);
  const ways: Readonly<Record<string, readonly string[]>> = {
    "empty script": [Deno.execPath(), "run", "--quiet", script],
    "vmconf, from source": vmconf([`--allow-read=${RESULT}`], ...CONVERT),
    "empty binary": [`${folder}/empty`],
    "vmconf, binary": [repositoryPath("dist/vmconf"), ...CONVERT],
  };
  const times = new Map<string, Time[]>();
  for (let round = -2; round < RUNS; round++) {
    for (const [way, command] of Object.entries(ways)) {
      const time = await measure(command);
      if (round >= 0) times.set(way, [...times.get(way) ?? [], time]);
    }
  }
  const medians = new Map(
    [...times].map(([way, all]) => [way, {
      wall: median(all.map(({ wall }) => wall)),
      cpu: median(all.map(({ cpu }) => cpu)),
    }]),
  );
  console.table([...medians].map(([way, { wall, cpu }]) => {
    const empty = medians.get(
      way.includes("binary") ? "empty binary" : "empty script",
    );
    return {
      way,
      "wall ms": wall.toFixed(0),
      "CPU ms": cpu.toFixed(0),
      "wall, of empty": (wall / (empty?.wall ?? NaN)).toFixed(2),
      "CPU, of empty": (cpu / (empty?.cpu ?? NaN)).toFixed(2),
    };
  }));
} finally {
  await Deno.remove(folder, { recursive: true });
}
