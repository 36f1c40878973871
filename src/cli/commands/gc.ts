/** `vmconf gc`: deletes what dead VMs left. */
import { CHAIN_FLAGS, withChain } from "../chain_flags.ts";
import type { Command } from "../command.ts";
import { print } from "../output.ts";

/** The command. */
export const gc: Command = {
  name: "gc",
  operands: "[NETWORK...]",
  operandCount: [0, Infinity],
  summary: "Delete what crashed runs and VMs that are gone left behind.",
  description:
    `On each NETWORK, or on all that there are: deletes the attachments that were not
made completely or whose network namespace is gone, and has plugins of CNI 1.1
clean up. With --keep, all attachments but those are deleted. What is just being
added is waited for. Prints what was deleted, a line each.`,
  flags: [
    {
      name: "keep",
      value: "ID[:IFNAME]",
      repeatable: true,
      summary: "delete all but this; may be given several times",
    },
    ...CHAIN_FLAGS,
  ],
  examples: [
    { summary: "after a restart of the machine", line: "vmconf gc" },
    {
      summary: "all but two VMs' networks",
      line: "vmconf gc mynet --keep vm-1 --keep vm-2",
    },
  ],
  run: (args) =>
    withChain(args, gc, async (options) => {
      const { collectGarbage } = await import("../../chain/chain.ts");
      const networks = args.operands.length === 0 ? undefined : args.operands;
      const keep = args.lists.get("keep")?.map((text) => {
        const [containerID = "", ...rest] = text.split(":");
        return rest.length === 0
          ? { containerID }
          : { containerID, ifName: rest.join(":") };
      });
      const collected = await collectGarbage({ networks, keep }, options);
      if (args.flags.has("json")) print(`${JSON.stringify(collected)}\n`);
      else {for (const { network, containerID, ifName } of collected) {
          print(`${network} ${containerID} ${ifName}\n`);
        }}
      return 0;
    }),
};
