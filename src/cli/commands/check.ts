/** `vmconf check`: whether a VM's network is still as `add` left it. */
import { CHAIN_FLAGS, NETNS_FLAG, selectNetworks } from "../chain_flags.ts";
import type { Command, Flag } from "../command.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { REQUIRED_ID_FLAG, requireId } from "../flags.ts";
import { runInterruptibly } from "../run_chain.ts";

/** libcni before 1.2 does not record the namespace. */
const RECORD_NETNS_FLAG: Flag = {
  ...NETNS_FLAG,
  summary: "the network namespace, if it is not in the record",
};

export const check: Command = {
  name: "check",
  operands: "[NETWORK...]",
  summary: "Check that a VM's network is still as add left it.",
  description:
    `Calls the plugins with CHECK: those of each NETWORK, or of all networks that the
VM was added to. Prints nothing if all is well.`,
  flags: [REQUIRED_ID_FLAG, RECORD_NETNS_FLAG, ...CHAIN_FLAGS],
  examples: [
    { summary: "all networks of a VM", line: "vmconf check --id vm-1" },
  ],
  run: (args) =>
    runInterruptibly(args, async (options) => {
      const { checkNetworks } = await import("../../chain/chain.ts");
      await checkNetworks({
        containerID: requireId(args),
        networks: selectNetworks(args),
        netNSPath: args.flags.get("netns"),
      }, options);
      return EXIT_DONE;
    }),
};
