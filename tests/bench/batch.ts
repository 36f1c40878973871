/**
 * `vmconf batch` from the start of the process to its end, and the most memory
 * that it takes: in a sandbox, by `main.ts`.
 */
import { assertEquals } from "@std/assert";
import { vmconf } from "../child.ts";
import { makeNetns } from "../linux/namespaces.ts";
import {
  formatTimes,
  type MeasureBatch,
  measureInTurn,
  printTable,
} from "./measure.ts";

const ROUNDS = 5;
const LEAST_MTU = 1400;

/** Of the last one there are too many to keep a socket for each. */
const RUNS: Record<string, Run> = {
  "MTU given": { results: 100_000, namespaces: 50, flags: ["--mtu=1500"] },
  "MTU given, ten times as many": {
    results: 1_000_000,
    namespaces: 50,
    flags: ["--mtu=1500"],
  },
  "MTU from the kernel": { results: 20_000, namespaces: 50, flags: [] },
  "MTU from the kernel, no kept sockets": {
    results: 20_000,
    namespaces: 200,
    flags: [],
  },
};

interface Run {
  readonly results: number;
  readonly namespaces: number;
  readonly flags: readonly string[];
}

/** Makes a line of input: a result whose tap is in a namespace. */
function makeLine(index: number): string {
  const vm = `vm-${index}`;
  const result = {
    cniVersion: "1.0.0",
    interfaces: [
      { name: "tap0", sandbox: `/run/netns/${vm}` },
      { name: "tap0", sandbox: vm, mac: "02:00:00:00:00:01" },
    ],
    ips: [{ interface: 1, address: "10.0.0.2/24", gateway: "10.0.0.1" }],
    routes: [{ dst: "0.0.0.0/0" }],
    dns: { nameservers: ["10.0.0.1"] },
  };
  return `${JSON.stringify({ containerID: vm, result })}\n`;
}

/** Makes a stream of lines, one of each namespace in turn. */
function makeInput({ results, namespaces }: Run): ReadableStream<Uint8Array> {
  const lines = Array.from(
    { length: namespaces },
    (_, index) => makeLine(index),
  );
  const bytes = new TextEncoder().encode(lines.join(""));
  let rounds = results / namespaces;
  return new ReadableStream({
    pull(controller) {
      if (rounds-- > 0) controller.enqueue(bytes);
      else controller.close();
    },
  });
}

function startBatch(run: Run, stdout: "piped" | "null"): Deno.ChildProcess {
  const [program = "", ...args] = vmconf(
    ["--allow-ffi"],
    "batch",
    ...run.flags,
  );
  const child = new Deno.Command(program, { args, stdin: "piped", stdout })
    .spawn();
  makeInput(run).pipeTo(child.stdin);
  return child;
}

/** Checks that each answer has the MTU of its own tap. */
async function checkAnswers(run: Run): Promise<void> {
  const { stdout } = await startBatch(run, "piped").output();
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  const found = lines.map((line) => JSON.parse(line).conf.vmMtu);
  const expected = Array.from(
    { length: run.results },
    (_, index) => LEAST_MTU + index % run.namespaces,
  );
  assertEquals(found, expected);
}

/** Returns the most memory of a process so far, in MiB; 0 if it has ended. */
function readPeakMemory(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(status.match(/^VmHWM:\s*(\d+)/m)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Measures a run in seconds, and adds its most memory to a list. */
async function measureRun(run: Run, memory: number[]): Promise<number> {
  const start = performance.now();
  const child = startBatch(run, "null");
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, readPeakMemory(child.pid));
  }, 20);
  const { success } = await child.status;
  const seconds = (performance.now() - start) / 1000;
  clearInterval(timer);
  assertEquals(success, true);
  memory.push(peak);
  return seconds;
}

const runs = Object.entries(RUNS);
const most = Math.max(...runs.map(([, { namespaces }]) => namespaces));
for (let index = 0; index < most; index++) {
  makeNetns(`vm-${index}`, LEAST_MTU + index);
}
const memory: Record<string, number[]> = {};
const ways: Record<string, MeasureBatch> = {};
for (const [name, run] of runs) {
  if (run.flags.length === 0) await checkAnswers(run);
  const peaks = memory[name] = [] as number[];
  ways[name] = () => measureRun(run, peaks);
}
const all = await measureInTurn(ways, ROUNDS, 0);
printTable(
  "`vmconf batch`:",
  runs.map(([name, { results, namespaces }]) => ({
    run: name,
    results: results.toLocaleString("en"),
    namespaces: `${namespaces}`,
    "best (median)": formatTimes(all[name] ?? [], "s"),
    "most memory": `${Math.max(...memory[name] ?? []).toFixed(0)} MiB`,
  })),
);
