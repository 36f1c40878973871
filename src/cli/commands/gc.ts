/** `vmconf gc`: deletes what dead VMs left. */
import type {
  ChainOptions,
  CollectedAttachment,
  GarbageRequest,
} from "../../chain/chain.ts";
import { usage } from "../arguments.ts";
import { CHAIN_FLAGS, withChain } from "../chain_flags.ts";
import type { Arguments, Command } from "../command.ts";
import { print, printJson } from "../output.ts";
import { DRY_RUN_FLAG, printPlan } from "../steps.ts";
import { printable } from "../../errors.ts";

/** The command. */
export const gc: Command = {
  name: "gc",
  operands: "[NETWORK...]",
  operandCount: [0, Infinity],
  summary: "Delete what crashed runs and VMs that are gone left behind.",
  description:
    `On each NETWORK, or on all: deletes the attachments that vmconf added and did
not complete, and those whose network namespace is certainly gone, and the
namespaces that vmconf made and that nothing is attached in. Prints what was
deleted, a line each. What is alive stays, and so does what nobody can tell:
that is told, and the exit code is 1. Waits until nothing is being added,
checked or deleted.

What other runtimes recorded stays too, unless --all is given. --keep deletes
all that vmconf added to the NETWORKs, alive or not, but what it names.

--plugin-gc has the plugins of a network of CNI 1.1 free what belongs to no
record in the cache folder or in the folders in it. A runtime whose records are
elsewhere loses its addresses and rules by that.`,
  flags: [
    {
      name: "keep",
      value: "ID[:IFNAME]",
      repeatable: true,
      summary:
        "delete all that vmconf added to the NETWORKs but this; may be given several times",
    },
    {
      name: "all",
      summary:
        "delete also what other runtimes recorded, if its namespace is certainly gone",
    },
    {
      name: "plugin-gc",
      value: "NETWORK",
      repeatable: true,
      summary: "call this network's plugins with GC; see above for the risk",
    },
    DRY_RUN_FLAG,
    ...CHAIN_FLAGS,
  ],
  examples: [
    { summary: "after a restart of the machine", line: "vmconf gc" },
    {
      summary: "all but two VMs' networks",
      line: "vmconf gc mynet --keep vm-1 --keep vm-2",
    },
    { summary: "what would be deleted", line: "vmconf gc --dry-run" },
  ],
  run: (args) => withChain(args, gc, (options) => runGc(args, options)),
};

async function runGc(args: Arguments, options: ChainOptions): Promise<number> {
  const { flags, lists, operands } = args;
  const json = flags.has("json");
  const networks = operands.length === 0 ? undefined : operands;
  const keep = lists.get("keep")?.map(keepOf);
  if (keep !== undefined && networks === undefined) {
    throw usage(
      "--keep: expected NETWORKs whose other attachments are to be deleted, found none",
      gc,
    );
  }
  const request: GarbageRequest = {
    networks,
    keep,
    all: flags.has("all"),
    pluginGC: lists.get("plugin-gc"),
  };
  const { collectGarbage, planGarbage } = await import("../../chain/chain.ts");
  if (flags.has("dry-run")) {
    return printPlan(await planGarbage(request, options), json);
  }
  const collected: CollectedAttachment[] = [];
  let isRead = true;
  const collect = () =>
    collectGarbage(request, {
      ...options,
      onEvent: (event) => {
        options.onEvent?.(event);
        if (event.kind !== "collected") return;
        const { network, containerID, ifName } = event;
        collected.push({ network, containerID, ifName });
        if (json || !isRead) return;
        const line = printable(`${network} ${containerID} ${ifName}`);
        isRead = printedTo(line);
      },
    });
  try {
    await collect();
  } catch (error) {
    // Report what was deleted, whatever failed after it.
    if (json && collected.length > 0) printJson(collected);
    throw error;
  }
  if (json) printJson(collected);
  return 0;
}

/** That nobody reads it is no reason to stop halfway. */
function printedTo(line: string): boolean {
  try {
    print(`${line}\n`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}

function keepOf(text: string) {
  const [containerID = "", ...rest] = text.split(":");
  return rest.length === 0
    ? { containerID }
    : { containerID, ifName: rest.join(":") };
}
