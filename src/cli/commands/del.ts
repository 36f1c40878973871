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
import { DRY_RUN_FLAG, printPlan } from "../steps.ts";

/** The command. */
export const del: Command = {
  name: "del",
  operands: "[NETWORK...]",
  operandCount: [0, Infinity],
  summary: "Delete a VM's network.",
  description:
    `Runs the plugins with DEL, in reverse, on each NETWORK, or on all that the VM
was added to, by vmconf or by another runtime. Removes the network namespace
too if add made it and nothing is attached in it any more. Deleting what is not
there is no error, but is said. What belongs to another container is left.`,
  flags: [
    ID_FLAG,
    NETNS_FLAG,
    IF_NAME_FLAG,
    ...ARGS_FLAGS,
    DRY_RUN_FLAG,
    ...CHAIN_FLAGS,
  ],
  examples: [
    { summary: "all networks of a VM", line: "vmconf del --id vm-1" },
    {
      summary: "what that would run and remove",
      line: "vmconf del --id vm-1 --dry-run",
    },
  ],
  run: (args) =>
    withChain(args, del, async (options) => {
      const { deleteNetworks, planDelete } = await import(
        "../../chain/chain.ts"
      );
      const networks = args.operands.length === 0 ? undefined : args.operands;
      const containerID = idOf(args, del);
      const attachment = attachmentOf(args, del);
      const request = { containerID, networks, ...attachment };
      if (args.flags.has("dry-run")) {
        const plan = planDelete(request, options);
        return printPlan(plan, args.flags.has("json"));
      }
      await deleteNetworks(request, options);
      return 0;
    }),
};
