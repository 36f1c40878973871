/** `vmconf check`: is a VM's network as `add` left it? */
import {
  CHAIN_FLAGS,
  ID_FLAG,
  idOf,
  NETNS_FLAG,
  withChain,
} from "../chain_flags.ts";
import type { Command, Flag } from "../command.ts";

/** libcni before 1.2 does not record it. */
const RECORD_NETNS_FLAG: Flag = {
  ...NETNS_FLAG,
  summary: "the network namespace, if the record does not name it",
};

/** The command. */
export const check: Command = {
  name: "check",
  operands: "[NETWORK...]",
  operandCount: [0, Infinity],
  summary: "Check that a VM's network is as add left it.",
  description:
    `Runs the plugins with CHECK, on each NETWORK, or on all that the VM was added
to. Prints nothing if all is well.`,
  flags: [ID_FLAG, RECORD_NETNS_FLAG, ...CHAIN_FLAGS],
  examples: [
    { summary: "all networks of a VM", line: "vmconf check --id vm-1" },
  ],
  run: (args) =>
    withChain(args, check, async (options) => {
      const { checkNetworks } = await import("../../chain/chain.ts");
      const networks = args.operands.length === 0 ? undefined : args.operands;
      const containerID = idOf(args, check);
      const netNSPath = args.flags.get("netns");
      await checkNetworks({ containerID, networks, netNSPath }, options);
      return 0;
    }),
};
