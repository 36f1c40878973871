/** `vmconf add`: adds a VM to networks, and prints its configuration. */
import type {
  AddedNetwork,
  AddRequest,
  ChainOptions,
} from "../../chain/chain.ts";
import { VmConfError } from "../../errors.ts";
import type { StaticNetworkConf } from "../../vmconf/conf.ts";
import { staticNetworkConfFrom } from "../../vmconf/from_result.ts";
import {
  ATTACHMENT_FLAGS,
  CHAIN_FLAGS,
  parseAttachment,
} from "../chain_flags.ts";
import type { Arguments, Command, Flag } from "../command.ts";
import { DRY_RUN_FLAG, printSteps } from "../dry_run.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { checkWritable, writeFiles } from "../files.ts";
import { checkListLength, MTU_FLAG, parseMtuFlag } from "../flags.ts";
import { formatJson, print } from "../output.ts";
import {
  FORMAT_FLAGS,
  loadRenderer,
  output,
  OUTPUT_FLAGS,
  type Renderer,
} from "../rendering.ts";
import { runInterruptibly } from "../run_chain.ts";

/** Not a format of the library: what the chain's last plugin printed. */
const RESULT = "result";

export const add: Command = {
  name: "add",
  operands: "NETWORK...",
  summary: "Add a VM to CNI networks, and print its configuration.",
  description:
    `Calls the plugins of each NETWORK with ADD, one after the other, and prints the
VM's configuration. Each NETWORK is one network interface of the VM. Creates the
network namespace if nothing exists at its path. Needs root, or CAP_SYS_ADMIN and
what the plugins need.

Before the first change, add checks all that it can check: flags, files, networks
and plugins. If something fails later, add undoes what this run did, and nothing
else. It first deletes what a crashed run left of the same attachments.

If the VM is already attached to a NETWORK and its namespace exists, add changes
nothing and fails (already-added). It also fails if the interface exists but is
not recorded: it may belong to a container.`,
  flags: [
    ...ATTACHMENT_FLAGS,
    {
      name: "vm-if-name",
      value: "NAME",
      repeatable: true,
      summary: "the interface's name in the guest, once for each NETWORK",
    },
    MTU_FLAG,
    ...FORMAT_FLAGS.map(addResultFormat),
    ...OUTPUT_FLAGS.map(removeAliases),
    {
      name: "replace",
      summary:
        "delete an existing attachment and add it again, unless a running VM has its tap open",
    },
    {
      name: "force-replace",
      summary: "like --replace, even if that disconnects a running VM",
    },
    {
      name: "ignore-leftovers",
      summary: "continue if what an earlier run left cannot be deleted",
    },
    DRY_RUN_FLAG,
    ...CHAIN_FLAGS,
  ],
  examples: [
    {
      summary: "the kernel's boot parameter for a VM on a network",
      line: "vmconf add mynet --id vm-3 --format ip",
    },
    {
      summary: "any CNI network, without a VM",
      line: "vmconf add mynet --id c1 --format result",
    },
  ],
  run: (args) => runInterruptibly(args, (options) => runAdd(args, options)),
};

function addResultFormat(flag: Flag): Flag {
  return flag.name === "format"
    ? {
      ...flag,
      choices: [...flag.choices ?? [], RESULT],
      summary: `${flag.summary}; ${RESULT}: the CNI result itself`,
    }
    : flag;
}

/** In `add`, --force once did more than replace files. */
function removeAliases({ aliases: _, ...flag }: Flag): Flag {
  return flag;
}

async function runAdd(
  args: Arguments,
  options: ChainOptions,
): Promise<number> {
  const { flags, operands: networks } = args;
  for (const name of ["if-name", "vm-if-name"]) {
    checkListLength(args, name, networks.length, "NETWORK");
  }
  const attachment = parseAttachment(args);
  const printAdded = flags.get("format") === RESULT
    ? await prepareResults(args)
    : await prepareConfs(args, attachment.containerID);
  const request: AddRequest = {
    ...attachment,
    networks,
    replace: flags.has("force-replace") ? "force" : flags.has("replace"),
    ignoreLeftovers: flags.has("ignore-leftovers"),
    accept: (added) => failIfUnread(() => printAdded(added)),
  };
  const { addNetworks, planAdd } = await import("../../chain/chain.ts");
  if (flags.has("dry-run")) {
    printSteps(planAdd(request, options), flags.has("json"));
  } else await addNetworks(request, options);
  return EXIT_DONE;
}

/** Prints or writes what was added. */
type PrintAdded = (added: readonly AddedNetwork[]) => void | Promise<void>;

/** Checks what can be checked before any plugin runs. */
async function prepareConfs(
  { flags, lists, operands: networks }: Arguments,
  containerID: string,
): Promise<PrintAdded> {
  const guestNames = lists.get("vm-if-name") ?? [];
  const mtu = parseMtuFlag(flags);
  const renderer = await loadRenderer(flags);
  const examples = networks.map((_, nic) =>
    createExampleConf(nic, guestNames[nic])
  );
  await checkOutput(flags, listFileNames(renderer, examples));
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

/** Formats give the files of a usual configuration the same names. */
function createExampleConf(nic: number, vmIfName?: string): StaticNetworkConf {
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

/** Also fails for wrong options and names of interfaces, before any plugin runs. */
function listFileNames(
  { render }: Renderer,
  confs: readonly StaticNetworkConf[],
): string[] {
  try {
    return render(confs).files.map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    // Other errors are about values that only the result has.
    const isCertain = error.code === "invalid-option" ||
      /vmIfName$/.test(error.path ?? "");
    if (isCertain) throw error;
    return [];
  }
}

async function prepareResults(
  { flags, lists, operands: networks }: Arguments,
): Promise<PrintAdded> {
  const ifNames = lists.get("if-name") ?? [];
  const nameFile = (network: string, ifName: string) =>
    `${network}-${ifName}.json`;
  await checkOutput(
    flags,
    networks.map((network, nic) =>
      nameFile(network, ifNames[nic] ?? `eth${nic}`)
    ),
  );
  const folder = flags.get("output");
  return (added) => {
    const files = added.map(({ network, ifName, raw }) => ({
      name: nameFile(network, ifName),
      text: formatJson(raw, 2),
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

/** If nobody reads the configuration, the network is to be undone. */
async function failIfUnread(print: () => void | Promise<void>) {
  try {
    await print();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    throw new VmConfError(
      "unwritable-output",
      "Cannot write to standard output: its reader closed it",
      { cause: error },
    );
  }
}
