/**
 * Networks of VMs, made and removed: the time of one, by plugin, and of a
 * hundred, eight at a time. As root, with Debian's plugins. `VMCONF_BINARY`
 * names a binary to measure in place of the source.
 */
import { addNetworks, deleteNetworks } from "../../src/chain/chain.ts";
import type { ChainEvent } from "../../src/chain/context.ts";
import { denoRun, run, vmconf } from "../child.ts";
import {
  FOLDER_FLAGS,
  FOLDERS,
  makeNetwork,
  networkState,
} from "../guest/vms_network.ts";
import { inSandbox } from "../integration/sandbox.ts";

const ROUNDS = 9;
const VMS = 100;
const AT_A_TIME = 8;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Milliseconds of ADD and DEL, and of each plugin in them. */
async function timesOfOne(): Promise<Record<string, number>> {
  const times = new Map<string, number[]>();
  const note = (what: string, milliseconds: number) =>
    times.set(what, [...times.get(what) ?? [], milliseconds]);
  const onEvent = (event: ChainEvent) => {
    if (event.kind !== "end" || event.command === "VERSION") return;
    note(`  ${event.command} of ${event.plugin}`, event.milliseconds);
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
  return Object.fromEntries(
    [...times].map(([what, all]) => [what, Math.round(median(all))]),
  );
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

async function secondsOfMany(count: number): Promise<Record<string, number>> {
  const vms = Array.from({ length: count }, (_, index) => `many-${index}`);
  const before = networkState();
  const start = performance.now();
  await runForAll(vms, "add", "vms", "--format=result");
  const middle = performance.now();
  await runForAll(vms, "del");
  const end = performance.now();
  if (networkState() !== before) throw new Error("Something is left");
  const seconds = (from: number, to: number) =>
    Math.round((to - from) / 100) / 10;
  return { count, add: seconds(start, middle), del: seconds(middle, end) };
}

if (Deno.args.includes("--sandboxed")) {
  makeNetwork({ type: "ptp" });
  console.log("Median milliseconds of one VM, in process:");
  console.table(await timesOfOne());
  console.log(`Seconds of many, ${AT_A_TIME} at a time, a process each:`);
  console.table([await secondsOfMany(VMS / 2), await secondsOfMany(VMS)]);
} else {
  const command = denoRun(["-A"], "tests/bench/vms.ts", "--sandboxed");
  const { code, stdout, stderr } = await inSandbox("", command);
  console.log(stdout, stderr);
  Deno.exit(code);
}
