/** `vmconf add`: makes a VM's network, and prints its configuration. */
import type {
  AddedNetwork,
  AddRequest,
  ChainOptions,
} from "../../chain/chain.ts";
import { serializeJson } from "../../cni/serialize_json.ts";
import { VmConfError } from "../../errors.ts";
import type { StaticNetworkConf } from "../../vmconf/conf.ts";
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
import { checkWritable, writeFiles } from "../files.ts";
import { MTU_FLAG, mtuOption } from "../flags.ts";
import { print } from "../output.ts";
import {
  FORMAT_FLAGS,
  output,
  OUTPUT_FLAGS,
  type Renderer,
  rendererOf,
} from "../rendering.ts";
import { DRY_RUN_FLAG, printSteps } from "../steps.ts";

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
VM's configuration. Several networks are several network interfaces. The
network namespace is made if nothing is at its path. Needs root, or
CAP_SYS_ADMIN and what the plugins need.

First everything is checked that can be known without a change: flags, files,
networks, plugins. If anything fails later, what this run did is undone, and
nothing else. What a crashed run left of these attachments is deleted first.

A second add changes nothing: an attachment that is complete and alive is an
error (already-added). So is an interface that no record explains: it may be a
container's.`,
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
    ...OUTPUT_FLAGS.map(withoutAliases),
    {
      name: "replace",
      summary:
        "delete an attachment that is there and add it anew, unless a running VM has its tap open",
    },
    {
      name: "force-replace",
      summary: "like --replace, even if that cuts off a running VM",
    },
    {
      name: "ignore-leftovers",
      summary: "go on if what an earlier run left cannot be deleted",
    },
    DRY_RUN_FLAG,
    ...CHAIN_FLAGS,
  ],
  examples: [
    {
      summary: "the kernel's boot parameter of a VM on a new network",
      line: "vmconf add mynet --id vm-3 --format ip",
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

/** Here --force once meant more than to replace files. */
function withoutAliases({ aliases: _, ...flag }: Flag): Flag {
  return flag;
}

async function runAdd(
  args: Arguments,
  options: ChainOptions,
): Promise<number> {
  const { flags, lists, operands: networks } = args;
  const containerID = idOf(args, add);
  const guestNames = lists.get("vm-if-name") ?? [];
  for (const name of ["if-name", "vm-if-name"]) {
    const given = lists.get(name)?.length ?? 0;
    if (given <= networks.length) continue;
    throw usage(
      `--${name}: expected at most ${networks.length}, one for each NETWORK, found ${given}`,
      add,
    );
  }
  const show = flags.get("format") === RESULT
    ? await resultShower(args)
    : await confShower(args, containerID, guestNames);
  const request: AddRequest = {
    containerID,
    networks,
    ...attachmentOf(args, add),
    replace: flags.has("force-replace") ? "force" : flags.has("replace"),
    ignoreLeftovers: flags.has("ignore-leftovers"),
    accept: (added) => failingWithWords(() => show(added)),
  };
  const { addNetworks, planAdd } = await import("../../chain/chain.ts");
  if (flags.has("dry-run")) {
    printSteps(planAdd(request, options), flags.has("json"));
  } else await addNetworks(request, options);
  return 0;
}

/** Shows what was added. */
type Show = (added: readonly AddedNetwork[]) => void | Promise<void>;

async function confShower(
  { flags, operands: networks }: Arguments,
  containerID: string,
  guestNames: readonly string[],
): Promise<Show> {
  const mtu = mtuOption(flags, add);
  const renderer = await rendererOf(flags, add);
  const examples = networks.map((_, nic) => exampleConf(nic, guestNames[nic]));
  await checkOutput(flags, namesRendered(renderer, examples));
  return (added) => {
    const confs = added.map(({ raw }, nic) =>
      staticNetworkConfFrom(JSON.stringify(raw), containerID, {
        mtu,
        vmIfName: guestNames[nic],
      })
    );
    return output(renderer, confs, flags);
  };
}

/** What a VM's network mostly looks like: formats name their files alike. */
function exampleConf(nic: number, vmIfName?: string): StaticNetworkConf {
  return {
    tapName: `tap${nic}`,
    netNSPath: "/run/netns/example",
    vmIfName,
    vmMacAddr: `02:00:00:00:00:${`${nic % 100}`.padStart(2, "0")}`,
    vmMtu: 1500,
    vmIpConfigs: [{ address: "192.0.2.2/24", gateway: "192.0.2.1" }],
    vmRoutes: [],
    vmNameservers: [],
    vmSearchDomains: [],
    vmResolverOptions: [],
  };
}

/** What is wrong with options and names is known before any plugin is run. */
function namesRendered(
  { render }: Renderer,
  confs: readonly StaticNetworkConf[],
): string[] {
  try {
    return render(confs).files.map(({ name }) => name);
  } catch (error) {
    const isKnown = error instanceof VmConfError &&
      (error.code === "invalid-option" || /vmIfName$/.test(error.path ?? ""));
    if (isKnown || !(error instanceof VmConfError)) throw error;
    return [];
  }
}

async function resultShower(
  { flags, lists, operands: networks }: Arguments,
): Promise<Show> {
  const ifNames = lists.get("if-name") ?? [];
  const nameOf = (network: string, ifName: string) =>
    `${network}-${ifName}.json`;
  await checkOutput(
    flags,
    networks.map((network, nic) =>
      nameOf(network, ifNames[nic] ?? `eth${nic}`)
    ),
  );
  const folder = flags.get("output");
  return (added) => {
    const files = added.map(({ network, ifName, raw }) => ({
      name: nameOf(network, ifName),
      text: `${serializeJson(raw, 2)}\n`,
    }));
    if (folder !== undefined) {
      return writeFiles(folder, files, flags.has("overwrite"));
    }
    for (const { text } of files) print(text);
  };
}

async function checkOutput(
  flags: Arguments["flags"],
  names: readonly string[],
): Promise<void> {
  const folder = flags.get("output");
  if (folder === undefined) return;
  await checkWritable(folder, names, flags.has("overwrite"));
}

/** Nobody got to know of the network, so it is not to stay. */
async function failingWithWords(show: () => void | Promise<void>) {
  try {
    await show();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    throw new VmConfError(
      "unwritable-output",
      "Cannot write to standard output: whoever read it has closed it",
      { cause: error },
    );
  }
}
