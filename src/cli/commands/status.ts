/** `vmconf status`: whether networks are ready for VMs. */
import type { ReadyNetwork } from "../../chain/chain.ts";
import { printable, quote, rewordError, VmConfError } from "../../errors.ts";
import { CHAIN_FLAGS } from "../chain_flags.ts";
import type { Command } from "../command.ts";
import { EXIT_DONE, EXIT_FAILED } from "../exit_codes.ts";
import { print, printError, printJson } from "../output.ts";
import { runInterruptibly } from "../run_chain.ts";

export const status: Command = {
  name: "status",
  operands: "[NETWORK...]",
  summary: "Check whether networks are ready for VMs.",
  description:
    `Checks each NETWORK, or all that are configured. Are its plugins installed? Do
they support a common CNI version? Do plugins of CNI 1.1 report that they are
ready? Prints the networks that are ready. The exit code is 1 if one is not.`,
  flags: CHAIN_FLAGS,
  examples: [{ summary: "all networks", line: "vmconf status" }],
  run: (args) =>
    runInterruptibly(args, async (options) => {
      const { listNetworkNames, queryNetworkStatus } = await import(
        "../../chain/chain.ts"
      );
      const json = args.flags.has("json");
      const names = args.operands.length > 0
        ? args.operands
        : listNetworkNames(options);
      if (names.length === 0) {
        const { createContext } = await import("../../chain/context.ts");
        throw nothingConfigured(createContext(options).confDirs);
      }
      const ready: ReadyNetwork[] = [];
      for (const name of names) {
        try {
          ready.push(await queryNetworkStatus(name, options));
        } catch (error) {
          const isOfNetwork = error instanceof VmConfError &&
            error.code !== "interrupted";
          if (!isOfNetwork) throw error;
          const named = nameNetwork(name, error);
          if (names.length === 1) throw named;
          printError(named, json);
        }
      }
      if (json) printJson(ready);
      else print(ready.map(formatNetwork).join(""));
      return ready.length === names.length ? EXIT_DONE : EXIT_FAILED;
    }),
};

function formatNetwork({ network, cniVersion, plugins }: ReadyNetwork): string {
  const line = `${network} ready, CNI ${cniVersion}: ${plugins.join(", ")}`;
  return `${printable(line)}\n`;
}

/** Puts the network's name before each message that does not contain it. */
function nameNetwork(name: string, error: VmConfError): VmConfError {
  const lines = error.message.split("\n").map((line) =>
    error.code === "not-granted" || line.includes(name)
      ? line
      : `network ${quote(name)}: ${line}`
  );
  return rewordError(error, lines.join("\n"));
}

function nothingConfigured(confDirs: readonly string[]): VmConfError {
  return new VmConfError(
    "no-network",
    `expected at least one network configuration in ${
      confDirs.join(":")
    }, found none`,
    { hint: "Name the folder with network configurations: --conf-dir DIR." },
  );
}
