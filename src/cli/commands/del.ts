/** `vmconf del`: deletes a VM's network. */
import {
  ATTACHMENT_FLAGS,
  CHAIN_FLAGS,
  parseAttachment,
} from "../chain_flags.ts";
import type { Command } from "../command.ts";
import { DRY_RUN_FLAG, printPlan } from "../dry_run.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { runInterruptibly } from "../run_chain.ts";

export const del: Command = {
  name: "del",
  operands: "[NETWORK...]",
  summary: "Delete a VM's network.",
  description:
    `Calls the plugins with DEL, in reverse order: those of each NETWORK, or of all
networks that the VM was added to, by vmconf or by another runtime. Also removes
the network namespace, if add created it and nothing else is attached in it. If
there is nothing to delete, del says so and succeeds. It does not touch what
belongs to another container.`,
  flags: [...ATTACHMENT_FLAGS, DRY_RUN_FLAG, ...CHAIN_FLAGS],
  examples: [
    { summary: "all networks of a VM", line: "vmconf del --id vm-1" },
    {
      summary: "what vmconf would run and remove",
      line: "vmconf del --id vm-1 --dry-run",
    },
  ],
  run: (args) =>
    runInterruptibly(args, async (options) => {
      const { deleteNetworks, planDelete } = await import(
        "../../chain/chain.ts"
      );
      const request = parseAttachment(args);
      if (args.flags.has("dry-run")) {
        const plan = planDelete(request, options);
        return printPlan(plan, args.flags.has("json"));
      }
      await deleteNetworks(request, options);
      return EXIT_DONE;
    }),
};
