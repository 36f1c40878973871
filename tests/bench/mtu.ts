/**
 * An MTU lookup by every way there is, beside Go programs: in a sandbox, by
 * `main.ts`.
 */
import { assertEquals } from "@std/assert";
import { openMtuReader, readMtu } from "../../mod.ts";
import { type Library, tryToLoad } from "../../src/linux/library.ts";
import { lookUpMtu } from "../../src/linux/mtu_lookup.ts";
import { makeNetns } from "../linux/namespaces.ts";
import { libcPath } from "../integration/libraries.ts";
import { buildGo, type GoProgram } from "./go_program.ts";
import {
  formatRatio,
  formatTimes,
  type MeasureBatch,
  measureInTurn,
  printTable,
  timeRuns,
} from "./measure.ts";

const MTU = 1412;
const LINK = { netNSPath: "/run/netns/bench", device: "tap0" };
const ROUNDS = 300;
const WARM_UPS = 20;
const LOOKUPS = 50;
const GO = "Go: open, setns, LinkByName";

/** Loads libc, which serves lookups where libnl-route is not installed. */
function openLibc(): Library {
  const library = tryToLoad({ kind: "libc", path: libcPath ?? "" });
  if (typeof library === "string") throw new Error(library);
  return library;
}

async function measureGo(go: GoProgram): Promise<number> {
  const { time, answer } = await go.measure(LOOKUPS);
  assertEquals(answer, `${MTU}`);
  return time;
}

function measureOurs(lookUp: () => number): number {
  assertEquals(lookUp(), MTU);
  return timeRuns(lookUp, LOOKUPS);
}

function measureProcess(): number {
  const { netNSPath, device } = LINK;
  const name = netNSPath.slice("/run/netns/".length);
  const args = ["-n", name, "-j", "link", "show", device];
  return timeRuns(() => new Deno.Command("ip", { args }).outputSync(), 1);
}

makeNetns("bench", MTU);
const startGo = await buildGo("mtu");
await using go = startGo?.("least", LINK.netNSPath, LINK.device);
await using goPackage = startGo?.("package", LINK.netNSPath, LINK.device);
using reader = openMtuReader();
const libc = openLibc();
const ways: Record<string, MeasureBatch> = {
  "libnl-route": () => measureOurs(() => readMtu(LINK)),
  ...go && { [GO]: () => measureGo(go) },
  "libc alone": () => measureOurs(() => lookUpMtu(libc, LINK)),
  "a kept socket (`openMtuReader`)": () =>
    measureOurs(() => reader.readMtu(LINK)),
  ...goPackage && {
    "Go, as the Go package (`ns.Do`)": () => measureGo(goPackage),
  },
  "a process: `ip -j link show`": measureProcess,
};
const all = await measureInTurn(ways, ROUNDS, WARM_UPS);
printTable(
  "One MTU lookup:",
  Object.entries(all).map(([way, times]) => ({
    way,
    "best (median)": formatTimes(times, "µs"),
    ...all[GO] && { "÷ Go": formatRatio(times, all[GO]) },
  })),
);
