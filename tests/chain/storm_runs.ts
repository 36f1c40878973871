/**
 * Many operations on a few containers at once, while plugins fail and processes
 * are killed. Runs on a host of `host.ts`:
 * storm_runs.ts SECONDS SEED COMMAND...
 */
import { DIRS } from "./place.ts";

/** The outcome. */
export interface Storm {
  readonly operations: number;
  readonly kills: number;
  /** How many calls of plugins failed. */
  readonly failedCalls: number;
  /** How often each operation ended in each way. */
  readonly ends: Readonly<Record<string, number>>;
  /** What should not have happened. */
  readonly problems: readonly string[];
}

const WORKERS = 8;
const KILLS_PER_SECOND = 2;

/** By id; "vm-5" and "vm-6" share a namespace, "vm-4" has one worker alone. */
const CONTAINERS: Readonly<Record<string, readonly string[]>> = {
  "vm-1": ["storm"],
  "vm-2": ["storm"],
  "vm-3": ["storm"],
  "vm-4": ["storm"],
  "vm-5": ["storm", "--netns=shared"],
  "vm-6": ["storm-2", "--netns=shared", "--if-name=eth1"],
};
const ALONE = "vm-4";
const CONTENDED = Object.keys(CONTAINERS).filter((id) => id !== ALONE);

/** The errors that an operation may end in when plugins fail. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  add: ["plugin-failed", "already-added"],
  replace: ["plugin-failed"],
  del: ["plugin-failed"],
  check: ["plugin-failed", "not-added"],
  gc: ["plugin-failed"],
};

/** A small generator of numbers from 0 to 1, the same for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A real plugin, of which one call in five fails, before or after it ran. */
function buildFlakyPlugin(plugin: string, seed: number): string {
  return `#!/bin/sh
if [ -e /run/notes/calm ]; then exec /run/bin/${plugin}; fi
file="/run/notes/count-$CNI_CONTAINERID"
count=$(( $(cat "$file" 2>/dev/null || echo 0) + 1 ))
echo $count > "$file"
hash=$(echo "${seed} $CNI_CONTAINERID $count" | cksum | cut -d' ' -f1)
fail() {
  echo "$CNI_COMMAND $CNI_CONTAINERID" >> /run/notes/failed
  echo '{"code":11,"msg":"made to fail"}'
  exit 1
}
case $((hash % 10)) in
0) cat > /dev/null; fail ;;
1) /run/bin/${plugin} > /dev/null; fail ;;
esac
exec /run/bin/${plugin}
`;
}

function buildNetwork(name: string, subnet: string): string {
  const ipam = { type: "host-local", dataDir: "/run/ipam", subnet };
  const plugins = [
    { type: "flaky-ptp", ipam },
    { type: "flaky-tuning", mtu: 1400 },
  ];
  return JSON.stringify({ cniVersion: "1.0.0", name, plugins });
}

async function readOutput(...words: string[]): Promise<string> {
  const [program = "", ...args] = words;
  const { stdout } = await new Deno.Command(program, {
    args,
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

const pause = (ms: number) => new Promise((go) => setTimeout(go, ms));

/** How an operation ended, and what it printed. */
interface End {
  /** `success`, `killed`, or the code of its error. */
  readonly how: string;
  readonly stderr: string;
}

class StormRunner {
  readonly ends: Record<string, number> = {};
  readonly problems: string[] = [];
  readonly #running = new Map<Deno.ChildProcess, { killed: boolean }>();
  operations = 0;
  kills = 0;

  constructor(readonly command: readonly string[]) {}

  async run(operation: string, args: readonly string[]): Promise<End> {
    const [program = "", ...words] = this.command;
    const child = new Deno.Command(program, {
      args: [...words, ...args, ...DIRS, "--json"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const state = { killed: false };
    this.#running.set(child, state);
    const { success, stderr } = await child.output();
    this.#running.delete(child);
    const said = new TextDecoder().decode(stderr);
    const codes = listCodes(said);
    const how = success
      ? "success"
      : state.killed
      ? "killed"
      : codes.join("+") || "no error";
    this.operations++;
    const key = `${operation}: ${how}`;
    this.ends[key] = (this.ends[key] ?? 0) + 1;
    const expected = EXPECTED[operation] ?? [];
    const isExpected = how === "success" || how === "killed" ||
      codes.length > 0 && codes.every((code) => expected.includes(code));
    if (!isExpected || /^ {4}at |Uncaught|TypeError/m.test(said)) {
      this.problems.push(`${args.join(" ")}: ${how}: ${said}`);
    }
    return { how, stderr: said };
  }

  kill(next: () => number): void {
    const candidates = [...this.#running];
    const chosen = candidates[Math.floor(next() * candidates.length)];
    if (chosen === undefined) return;
    const [child, state] = chosen;
    try {
      child.kill("SIGKILL");
      state.killed = true;
      this.kills++;
    } catch {
      // It has already ended.
    }
  }
}

function listCodes(stderr: string): string[] {
  return stderr.split("\n").flatMap((line) => {
    try {
      return JSON.parse(line).error?.code ?? [];
    } catch {
      return [];
    }
  });
}

function buildArgs(operation: string, id: string): string[] {
  const attachment = CONTAINERS[id] ?? [];
  switch (operation) {
    case "add":
      return ["add", ...attachment, `--id=${id}`, "--format=result"];
    case "replace":
      return [
        "add",
        ...attachment,
        `--id=${id}`,
        "--format=result",
        "--replace",
      ];
    case "gc":
      return ["gc"];
    default:
      return [operation, `--id=${id}`];
  }
}

function chooseOperation(next: () => number): string {
  const value = next();
  return value < 0.4
    ? "add"
    : value < 0.5
    ? "replace"
    : value < 0.75
    ? "del"
    : value < 0.87
    ? "check"
    : "gc";
}

async function contend(runner: StormRunner, next: () => number, until: number) {
  while (performance.now() < until) {
    const id = CONTENDED[Math.floor(next() * CONTENDED.length)] ?? "vm-1";
    const operation = chooseOperation(next);
    await runner.run(operation, buildArgs(operation, id));
  }
}

/** What exists of a container that shares nothing: names, sorted. */
async function listTraces(id: string): Promise<string[]> {
  const traces: string[] = [];
  const files = ["/run/cni/results", "/run/cni/vmconf/netns", "/run/ipam/storm"]
    .flatMap((folder) => listFiles(folder));
  for (const path of files) {
    const text = readText(path);
    if (path.includes(`storm-${id}-`)) {
      const isComplete = JSON.parse(text).vmconf?.isComplete === true;
      traces.push(isComplete ? "record" : "unfinished record");
    }
    if (path === `/run/cni/vmconf/netns/${id}`) traces.push("note");
    if (path.startsWith("/run/ipam") && text.split(/\s/)[0] === id) {
      traces.push("lease");
    }
  }
  const netns = `vmconf-${id}`;
  if (listFiles("/run/netns").includes(`/run/netns/${netns}`)) {
    traces.push("namespace");
  }
  const link = await readOutput("ip", "-n", netns, "link", "show", "eth0");
  if (link !== "") traces.push("interface");
  return traces.sort();
}

function listFiles(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

const WHOLE = ["interface", "lease", "namespace", "note", "record"];

/** Only this worker and gc use its container, so each success can be checked. */
async function checkEach(
  runner: StormRunner,
  next: () => number,
  until: number,
) {
  while (performance.now() < until) {
    const before = await listTraces(ALONE);
    const operation = chooseOperation(next);
    if (operation === "gc") continue;
    const { how, stderr } = await runner.run(
      operation,
      buildArgs(operation, ALONE),
    );
    const after = await listTraces(ALONE);
    const isUndone = /had been done was undone/.test(stderr) &&
      before.length === 0;
    const expected = how === "success"
      ? operation === "del" ? [] : WHOLE
      // A del that failed halfway leaves a record of what is not all there.
      : how === "already-added"
      ? before
      : isUndone
      ? []
      : undefined;
    if (expected === undefined || `${expected}` === `${after}`) continue;
    runner.problems.push(
      `${operation} ${ALONE}: ${how}, but of [${before}] there is [${after}]: ${stderr}`,
    );
  }
}

/** What does not belong to the storm: nothing of it may change. */
async function others(): Promise<string> {
  const parts = [
    readText("/run/cni/results/storm-neighbour-eth0"),
    readText("/run/cni/vmconf/netns/neighbour"),
    readText("/run/cni/results/storm-pod-eth0"),
    ...listFiles("/run/ipam/storm").filter((path) =>
      /^(neighbour|pod)\b/.test(readText(path))
    ).sort(),
  ];
  for (const netns of ["vmconf-neighbour", "pod", "hand"]) {
    parts.push(`${Deno.statSync(`/run/netns/${netns}`).ino}`);
    const addresses = await readOutput("ip", "-n", netns, "-o", "-4", "addr");
    const links = await readOutput("ip", "-n", netns, "-o", "link");
    parts.push(addresses, links.replaceAll(/<.*?>| state \w+| qdisc \w+/g, ""));
  }
  return parts.join("\n");
}

async function watch(runner: StormRunner, until: number): Promise<void> {
  const before = await others();
  while (performance.now() < until) {
    await pause(500);
    const after = await others().catch(String);
    if (after === before) continue;
    runner.problems.push(`what others have changed: ${before} => ${after}`);
    return;
  }
}

async function killSome(
  runner: StormRunner,
  next: () => number,
  until: number,
) {
  while (performance.now() < until) {
    await pause(1000 / KILLS_PER_SECOND);
    runner.kill(next);
  }
}

async function readState(): Promise<string> {
  const more = listFiles("/run/cni/vmconf/unfinished").join("\n");
  return `${await readOutput("/run/state")}${more}`;
}

/** The devices of a namespace end a moment after it. */
async function waitForState(expected: string): Promise<string> {
  for (let looks = 0; looks < 50; looks++) {
    if (await readState() === expected) return expected;
    await pause(100);
  }
  return await readState();
}

async function storm(
  seconds: number,
  seed: number,
  command: readonly string[],
): Promise<Storm> {
  const runner = new StormRunner(command);
  await prepare(runner, seed);
  const before = await readState();
  Deno.removeSync("/run/notes/calm");
  const until = performance.now() + seconds * 1000;
  const watched = watch(runner, until + 5000);
  await Promise.all([
    checkEach(runner, createRandom(seed), until),
    ...Array.from(
      { length: WORKERS - 1 },
      (_, worker) => contend(runner, createRandom(seed + worker + 1), until),
    ),
    killSome(runner, createRandom(seed + WORKERS), until),
  ]);
  Deno.writeTextFileSync("/run/notes/calm", "");
  await watched;
  for (const id of Object.keys(CONTAINERS)) {
    const { how, stderr } = await runner.run("del", buildArgs("del", id));
    if (how === "success") continue;
    runner.problems.push(`the last del of ${id}: ${how}: ${stderr}`);
  }
  const { how, stderr } = await runner.run("gc", ["gc"]);
  if (how !== "success") {
    runner.problems.push(`the last gc: ${how}: ${stderr}`);
  }
  const after = await waitForState(before);
  if (after !== before) {
    runner.problems.push(`before:\n${before}\nafter:\n${after}`);
  }
  const failed = readText("/run/notes/failed").split("\n").length - 1;
  const { operations, kills, ends, problems } = runner;
  return { operations, kills, failedCalls: failed, ends, problems };
}

/** A neighbour, a container of another runtime, and one that was made by hand. */
async function prepare(runner: StormRunner, seed: number): Promise<void> {
  Deno.writeTextFileSync("/run/notes/calm", "");
  for (const plugin of ["ptp", "tuning"]) {
    const path = `/run/bin/flaky-${plugin}`;
    Deno.writeTextFileSync(path, buildFlakyPlugin(plugin, seed), {
      mode: 0o755,
    });
  }
  const subnets = { storm: "10.90.0.0/16", "storm-2": "10.91.0.0/16" };
  for (const [name, subnet] of Object.entries(subnets)) {
    Deno.writeTextFileSync(
      `/run/net.d/${name}.conflist`,
      buildNetwork(name, subnet),
    );
  }
  const add = ["add", "storm", "--format=result"];
  await runner.run("add", [...add, "--id=neighbour"]);
  await readOutput("ip", "netns", "add", "pod");
  await runner.run("add", [...add, "--id=pod", "--netns=pod"]);
  const record = "/run/cni/results/storm-pod-eth0";
  const { vmconf: _, ...rest } = JSON.parse(readText(record));
  Deno.writeTextFileSync(record, JSON.stringify(rest));
  await readOutput("ip", "netns", "add", "hand");
  await readOutput(
    ..."ip -n hand link add eth0 type veth peer name eth1".split(" "),
  );
}

if (import.meta.main) {
  const [seconds, seed, ...command] = Deno.args;
  console.log(
    JSON.stringify(await storm(Number(seconds), Number(seed), command)),
  );
}
