/** `vmconf status`: are networks ready for VMs? */
import type { ReadyNetwork } from "../../chain/chain.ts";
import { printable, quote, VmConfError } from "../../errors.ts";
import { CHAIN_FLAGS, withChain } from "../chain_flags.ts";
import type { Command } from "../command.ts";
import { print, printError, printJson } from "../output.ts";

/** The command. */
export const status: Command = {
  name: "status",
  operands: "[NETWORK...]",
  operandCount: [0, Infinity],
  summary: "Tell whether networks are ready for VMs.",
  description:
    `For each NETWORK, or for all that are configured: are its plugins there, do
they have a version in common, and do those of CNI 1.1 say that they are ready?
Prints those that are ready; the exit code is 1 if any is not.`,
  flags: CHAIN_FLAGS,
  examples: [{ summary: "all networks", line: "vmconf status" }],
  run: (args) =>
    withChain(args, status, async (options) => {
      const { listNetworkNames, queryNetworkStatus } = await import(
        "../../chain/chain.ts"
      );
      const isJson = args.flags.has("json");
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
          const isOne = error instanceof VmConfError &&
            error.code !== "interrupted";
          if (!isOne) throw error;
          const told = about(name, error);
          if (names.length === 1) throw told;
          printError(told, isJson);
        }
      }
      if (isJson) printJson(ready);
      else print(ready.map(lineOf).join(""));
      return ready.length === names.length ? 0 : 1;
    }),
};

function lineOf({ network, cniVersion, plugins }: ReadyNetwork): string {
  const line = `${network} ready, CNI ${cniVersion}: ${plugins.join(", ")}`;
  return `${printable(line)}\n`;
}

function about(name: string, error: VmConfError): VmConfError {
  const { code, message, path, hint } = error;
  const lines = message.split("\n").map((line) =>
    error.code === "not-granted" || line.includes(name)
      ? line
      : `network ${quote(name)}: ${line}`
  );
  return new VmConfError(code, lines.join("\n"), { path, hint, cause: error });
}

function nothingConfigured(confDirs: readonly string[]): VmConfError {
  return new VmConfError(
    "no-network",
    `expected at least one network configuration in ${
      confDirs.join(":")
    }, found none`,
    { hint: "Name the folder of network configurations: --conf-dir DIR." },
  );
}
