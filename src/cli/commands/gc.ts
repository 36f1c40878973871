/** `vmconf gc`: deletes what crashed runs and removed VMs left behind. */
import type {
  ChainOptions,
  CollectedAttachment,
  GarbageRequest,
} from "../../chain/chain.ts";
import { printable } from "../../errors.ts";
import { usage } from "../arguments.ts";
import { CHAIN_FLAGS, selectNetworks } from "../chain_flags.ts";
import type { Arguments, Command } from "../command.ts";
import { DRY_RUN_FLAG, printPlan } from "../dry_run.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { print, printJson } from "../output.ts";
import { runInterruptibly } from "../run_chain.ts";

export const gc: Command = {
  name: "gc",
  operands: "[NETWORK...]",
  summary: "Delete what crashed runs and removed VMs left behind.",
  description:
    `Looks at each NETWORK, or at all. Deletes attachments that vmconf did not finish
adding, attachments whose network namespace certainly no longer exists, and
namespaces that vmconf created and that nothing is attached in. Prints one line
for each attachment that it deleted. Keeps what is in use. Also keeps what may be
in use: for that it prints an error, and the exit code is 1. Waits until no other
run adds, checks or deletes.

Keeps what other runtimes recorded, unless --all is given. With --keep, deletes
everything that vmconf added to the NETWORKs, in use or not, except what --keep
names.

--plugin-gc calls the plugins of a CNI 1.1 network with GC. They free everything
that has no record in the cache folder or its subfolders. If another runtime has
its records elsewhere, it loses its addresses and rules.`,
  flags: [
    {
      name: "keep",
      value: "ID[:IFNAME]",
      repeatable: true,
      summary:
        "delete everything that vmconf added to the NETWORKs, except this; may be repeated",
    },
    {
      name: "all",
      summary:
        "also delete what other runtimes recorded, if its namespace certainly no longer exists",
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
      summary: "everything on a network, except two VMs",
      line: "vmconf gc mynet --keep vm-1 --keep vm-2",
    },
    { summary: "what vmconf would delete", line: "vmconf gc --dry-run" },
  ],
  run: (args) => runInterruptibly(args, (options) => runGc(args, options)),
};

async function runGc(args: Arguments, options: ChainOptions): Promise<number> {
  const { flags, lists } = args;
  const request: GarbageRequest = {
    networks: selectNetworks(args),
    keep: lists.get("keep")?.map(parseKeep),
    all: flags.has("all"),
    pluginGC: lists.get("plugin-gc"),
  };
  if (request.keep !== undefined && request.networks === undefined) {
    throw usage(
      "--keep: expected at least one NETWORK, found none",
      "gc deletes everything else that vmconf added to the NETWORKs.",
    );
  }
  const { collectGarbage, planGarbage } = await import("../../chain/chain.ts");
  const json = flags.has("json");
  if (flags.has("dry-run")) {
    return printPlan(await planGarbage(request, options), json);
  }
  const collected: CollectedAttachment[] = [];
  let isRead = !json;
  try {
    await collectGarbage(request, {
      ...options,
      onEvent: (event) => {
        options.onEvent?.(event);
        if (event.kind !== "collected") return;
        const { network, containerID, ifName } = event;
        collected.push({ network, containerID, ifName });
        isRead &&= printLine(`${network} ${containerID} ${ifName}`);
      },
    });
  } catch (error) {
    // What was deleted is printed, whatever failed later.
    if (json && collected.length > 0) printJson(collected);
    throw error;
  }
  if (json) printJson(collected);
  return EXIT_DONE;
}

/** Whether somebody reads the line: if not, gc must not stop halfway. */
function printLine(line: string): boolean {
  try {
    print(`${printable(line)}\n`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}

function parseKeep(text: string) {
  const [containerID = "", ...rest] = text.split(":");
  return rest.length === 0
    ? { containerID }
    : { containerID, ifName: rest.join(":") };
}
