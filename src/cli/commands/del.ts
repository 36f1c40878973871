/** `vmconf del`: takes a VM's network away. */
import {
  ARGS_FLAGS,
  attachmentOf,
  CHAIN_FLAGS,
  ID_FLAG,
  idOf,
  IF_NAME_FLAG,
  NETNS_FLAG,
  withChain,
} from "../chain_flags.ts";
import type { Command } from "../command.ts";

/** The command. */
export const del: Command = {
  name: "del",
  operands: "[NETWORK...]",
  operandCount: [0, Infinity],
  summary: "Delete a VM's network.",
  description:
    `Runs the plugins with DEL, in reverse, on each NETWORK, or on all that the VM was
added to. Removes the network namespace too if add made it and nothing is
attached to it any more. Deleting what is not there is no error.`,
  flags: [ID_FLAG, NETNS_FLAG, IF_NAME_FLAG, ...ARGS_FLAGS, ...CHAIN_FLAGS],
  examples: [
    { summary: "all networks of a VM", line: "vmconf del --id vm-1" },
  ],
  run: (args) =>
    withChain(args, del, async (options) => {
      const { deleteNetworks } = await import("../../chain/chain.ts");
      const networks = args.operands.length === 0 ? undefined : args.operands;
      const containerID = idOf(args, del);
      const attachment = attachmentOf(args, del);
      await deleteNetworks({ containerID, networks, ...attachment }, options);
      return 0;
    }),
};
