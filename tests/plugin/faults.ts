/**
 * Makes each call of ADD and DEL fail in turn, and prints what is left.
 *
 * The namespace is `/run/netns/a`; standard output: one outcome a line.
 */
import { parseResult } from "../../mod.ts";
import { countDescriptors } from "../linux/descriptors.ts";
import { makeFaulty } from "../linux/faulty_library.ts";
import { loadLibnl } from "../../src/linux/library.ts";
import type { Libnl } from "../../src/linux/symbols/libnl.ts";
import { addTap } from "../../src/plugin/add.ts";
import { deleteTap } from "../../src/plugin/delete.ts";
import { toPluginFailure } from "../../src/plugin/failure.ts";
import type { CompleteTapRequest } from "../../src/plugin/request.ts";
import { PREV_RESULT } from "./scenario.ts";

const REQUEST: CompleteTapRequest = {
  cniVersion: "1.0.0",
  containerId: "vm-1",
  netNSPath: "/run/netns/a",
  ifName: "eth0",
  tap: { name: "tap%d" },
  prevResult: parseResult({ cniVersion: "1.0.0", ...PREV_RESULT }),
};

const ENOMEM = 12;
const NLE_PERM = -28;

/** What a function returns if it fails; undefined if it cannot fail. */
function findFailureResult(name: string): number | bigint | undefined {
  if (/_alloc$/.test(name)) return 0n;
  if (/^(open|socket|statfs|statx|ioctl|ioctl_value)$/.test(name)) return -1;
  return /(_add|_delete|_change|_kernel|_cache|_set_kind|_fd|_terminal|_key|rtnl_mirred_set_\w+|_add_action)$/
      .test(name)
    ? NLE_PERM
    : undefined;
}

function readState(): string[] {
  const { stdout } = new Deno.Command("sh", {
    args: ["-c", "ip -n a -o link; tc -n a qdisc"],
  }).outputSync();
  return [
    new TextDecoder().decode(stdout),
    Deno.readLinkSync("/proc/thread-self/ns/net"),
    `${countDescriptors()} descriptors`,
  ];
}

/** The calls that an action makes, in their order. */
function recordCalls(act: (calls: Libnl) => unknown): string[] {
  const made: string[] = [];
  const real: Record<string, unknown> = { ...loadLibnl("test") };
  const counted = Object.entries(real).map(([name, call]) => [
    name,
    (...args: unknown[]) => {
      made.push(name);
      return (call as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  act(Object.fromEntries(counted));
  return made;
}

function attempt(act: () => unknown): string {
  try {
    act();
    return "done";
  } catch (error) {
    const failure = toPluginFailure(error);
    return failure === undefined ? `untyped: ${error}` : `code ${failure.code}`;
  }
}

/** The functions; one call of one of them fails, however often it is repeated. */
function breakCall(name: string, nth: number): Libnl {
  const result = findFailureResult(name) ?? 0;
  const more = result === -1 ? 10 : 0;
  const failure = { name, from: nth, more, result, errno: ENOMEM };
  return makeFaulty(loadLibnl("test"), failure).functions;
}

const real = loadLibnl("test");
const before = readState();
const added = recordCalls((calls) => addTap(calls, REQUEST));
const between = readState();
const removed = recordCalls((calls) => deleteTap(calls, REQUEST));
for (
  const [name, calls, act] of [["ADD", added, addTap], [
    "DEL",
    removed,
    deleteTap,
  ]] as const
) {
  const counts = new Map<string, number>();
  for (const call of calls) {
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    if (findFailureResult(call) === undefined) continue;
    if (act === deleteTap) addTap(real, REQUEST);
    const answer = attempt(() => act(breakCall(call, nth), REQUEST));
    const left = readState();
    if (act === deleteTap) deleteTap(real, REQUEST);
    const isClean = JSON.stringify(readState()) === JSON.stringify(before);
    console.log(JSON.stringify({
      call: `${name}: ${call} ${nth}`,
      answer,
      // ADD that fails leaves nothing; DEL may leave what a second one removes.
      isAsBefore: act === addTap ? left.join() === before.join() : isClean,
    }));
  }
}
console.log(JSON.stringify({
  call: "none",
  answer: between.join() === before.join() ? "idle" : "done",
  isAsBefore: true,
}));
