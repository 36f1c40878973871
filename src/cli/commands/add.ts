/** `vmconf add`: makes a VM's network, and prints its configuration. */
import type { AddedNetwork, ChainOptions } from "../../chain/chain.ts";
import type { RenderedFile } from "../../formats/format.ts";
import { VmConfError } from "../../errors.ts";
import { staticNetworkConfFrom } from "../../vmconf/from_result.ts";
import { usage } from "../arguments.ts";
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
import type { Arguments, Command, Flag } from "../command.ts";
import { writeFiles } from "../files.ts";
import { MTU_FLAG, mtuOption } from "../flags.ts";
import { print } from "../output.ts";
import {
  FORMAT_FLAGS,
  output,
  OUTPUT_FLAGS,
  rendererOf,
} from "../rendering.ts";

/** Beside the formats: what the chain's last plugin printed. */
const RESULT = "result";

/** The command. */
export const add: Command = {
  name: "add",
  operands: "NETWORK...",
  operandCount: [1, Infinity],
  summary: "Make a VM's network by CNI, and print its configuration.",
  description:
    `Runs the plugins of each NETWORK with ADD, one after the other, and prints the
VM's configuration. Several networks are several network interfaces. The network
namespace is made if nothing is at its path. What a crashed run left is deleted
first; if a plugin fails, all that was done is undone. Takes root, or CAP_SYS_ADMIN
and what the plugins need.`,
  flags: [
    ID_FLAG,
    NETNS_FLAG,
    IF_NAME_FLAG,
    {
      name: "vm-if-name",
      value: "NAME",
      repeatable: true,
      summary: "the guest's name for the interface, once for each NETWORK",
    },
    ...ARGS_FLAGS,
    MTU_FLAG,
    ...FORMAT_FLAGS.map(withResult),
    ...OUTPUT_FLAGS.map(withLeftovers),
    ...CHAIN_FLAGS,
  ],
  examples: [
    {
      summary: "the kernel's boot parameter of a VM on a new network",
      line: "vmconf add mynet --id vm-1 --format ip",
    },
    {
      summary: "any CNI network, without a VM",
      line: "vmconf add mynet --id c1 --format result",
    },
  ],
  run: (args) => withChain(args, add, (options) => runAdd(args, options)),
};

function withResult(flag: Flag): Flag {
  return flag.name === "format"
    ? {
      ...flag,
      choices: [...flag.choices ?? [], RESULT],
      summary: `${flag.summary}; ${RESULT}: the CNI result itself`,
    }
    : flag;
}

function withLeftovers(flag: Flag): Flag {
  return flag.name === "force"
    ? {
      ...flag,
      summary: `${flag.summary}, and go on if leftovers cannot be deleted`,
    }
    : flag;
}

async function runAdd(
  args: Arguments,
  options: ChainOptions,
): Promise<number> {
  const { flags, lists, operands: networks } = args;
  const containerID = idOf(args, add);
  const request = { containerID, networks, ...attachmentOf(args, add) };
  const guestNames = lists.get("vm-if-name") ?? [];
  for (const name of ["if-name", "vm-if-name"]) {
    const given = lists.get(name)?.length ?? 0;
    if (given <= networks.length) continue;
    throw usage(
      `--${name}: expected at most ${networks.length}, one for each NETWORK, found ${given}`,
      add,
    );
  }
  const mtu = mtuOption(flags, add);
  const show = flags.get("format") === RESULT
    ? (added: readonly AddedNetwork[]) => showResults(added, flags)
    : await confsShown();

  const { addNetworks, deleteNetworks } = await import("../../chain/chain.ts");
  const force = flags.has("force");
  const added = await addNetworks({ ...request, force }, options);
  try {
    await show(added);
  } catch (error) {
    // Nobody got to know of the network, so nobody would ever delete it.
    await deleteNetworks(request, { ...options, signal: undefined });
    throw withOutcome(error);
  }
  return 0;

  async function confsShown() {
    const renderer = await rendererOf(flags, add);
    return (added: readonly AddedNetwork[]) => {
      const confs = added.map(({ raw }, index) =>
        staticNetworkConfFrom(JSON.stringify(raw), containerID, {
          mtu,
          vmIfName: guestNames[index],
        })
      );
      return output(renderer, confs, flags);
    };
  }
}

async function showResults(
  added: readonly AddedNetwork[],
  flags: Arguments["flags"],
): Promise<void> {
  const files: RenderedFile[] = added.map(({ network, ifName, raw }) => ({
    name: `${network}-${ifName}.json`,
    text: `${JSON.stringify(raw, null, 2)}\n`,
  }));
  const folder = flags.get("output");
  if (folder === undefined) { for (const { text } of files) print(text); }
  else await writeFiles(folder, files, flags.has("force"));
}

function withOutcome(error: unknown): unknown {
  if (!(error instanceof VmConfError)) return error;
  const { code, message, path, hint } = error;
  return new VmConfError(code, message, {
    path,
    hint: [hint, "The network was deleted again."].filter(Boolean).join(" "),
    cause: error,
  });
}
