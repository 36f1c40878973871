/**
 * Networks of VMs, made and removed: the time of one, by plugin, and of a
 * hundred, eight at a time. In a sandbox, by `main.ts`, with Debian's plugins.
 */
import { addNetworks, deleteNetworks } from "../../src/chain/chain.ts";
import type { ChainEvent } from "../../src/chain/context.ts";
import { run, vmconf } from "../child.ts";
import {
  FOLDER_FLAGS,
  FOLDERS,
  makeNetwork,
  networkState,
} from "../guest/vms_network.ts";
import { formatNumber, median, printTable } from "./measure.ts";

const ROUNDS = 9;
const VMS = 100;
const AT_A_TIME = 8;

/** Milliseconds of ADD and DEL, and of each plugin in them. */
async function timesOfOne(): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = {};
  const note = (step: string, milliseconds: number) =>
    (times[step] ??= []).push(milliseconds);
  const onEvent = (event: ChainEvent) => {
    if (event.kind !== "end" || event.command === "VERSION") return;
    note(`${event.command} of ${event.plugin}`, event.milliseconds);
  };
  const options = { ...FOLDERS, onEvent };
  for (let round = 0; round < ROUNDS; round++) {
    const containerID = `vm-${round}`;
    const start = performance.now();
    await addNetworks({ containerID, networks: ["vms"] }, options);
    const middle = performance.now();
    note("add", middle - start);
    await deleteNetworks({ containerID }, options);
    note("del", performance.now() - middle);
  }
  return times;
}

/** Runs the command for many VMs, so many at a time. */
async function runForAll(vms: readonly string[], ...args: string[]) {
  const waiting = [...vms];
  const runNext = async () => {
    for (let vm = waiting.shift(); vm !== undefined; vm = waiting.shift()) {
      const { code, stderr } = await run(
        vmconf(["-A"], ...args, "--id", vm, ...FOLDER_FLAGS),
      );
      if (code !== 0) throw new Error(`${vm}: ${stderr}`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, runNext));
}

async function secondsOfMany(count: number): Promise<Record<string, string>> {
  const vms = Array.from({ length: count }, (_, index) => `many-${index}`);
  const before = networkState();
  const start = performance.now();
  await runForAll(vms, "add", "vms", "--format=result");
  const middle = performance.now();
  await runForAll(vms, "del");
  const end = performance.now();
  if (networkState() !== before) throw new Error("Something is left");
  const seconds = (from: number, to: number) =>
    `${formatNumber((to - from) / 1000)} s`;
  return {
    VMs: `${count}`,
    add: seconds(start, middle),
    del: seconds(middle, end),
  };
}

makeNetwork({ type: "ptp" });
printTable(
  "The network of one VM, in process, medians:",
  Object.entries(await timesOfOne()).map(([step, times]) => ({
    step,
    median: `${formatNumber(median(times))} ms`,
  })),
);
printTable(`Networks of many VMs, ${AT_A_TIME} at a time, a process each:`, [
  await secondsOfMany(VMS / 2),
  await secondsOfMany(VMS),
]);
