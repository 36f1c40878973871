/** `vmconf convert`: the main job. */
import type { StaticNetworkConf } from "../../vmconf/conf.ts";
import { converted } from "../../vmconf/conversion.ts";
import { usage } from "../arguments.ts";
import type { Arguments, Command } from "../command.ts";
import { MAX_LENGTH_FLAG, maxLengthOf, MTU_FLAG, mtuOption } from "../flags.ts";
import { readText } from "../input.ts";
import {
  FORMAT_FLAGS,
  output,
  OUTPUT_FLAGS,
  rendererOf,
} from "../rendering.ts";

/** The command. */
export const convert: Command = {
  name: "convert",
  operands: "[FILE...]",
  operandCount: [0, Infinity],
  summary: "Convert CNI results to the configuration of a VM's network.",
  description:
    `Reads what the last plugin of a CNI chain printed after ADD, of any version
from 0.1.0 to 1.1.0, from FILE or from standard input ("-", the default).
Several results are several network interfaces of one VM. Prints the
configuration on standard output, and what the format had to leave out on
standard error.`,
  flags: [
    {
      name: "container-id",
      value: "ID",
      summary: "the id that CNI was called with: the VM's id (required)",
    },
    {
      name: "if-name",
      value: "NAME",
      repeatable: true,
      summary:
        "the guest's name for the interface, once for each FILE; unset: its first device",
    },
    {
      name: "from-cache",
      value: "NETWORK",
      summary: "read what CNI remembers of this network instead of a FILE",
    },
    {
      name: "cache-dir",
      value: "DIR",
      summary: "where CNI remembers it (default: /var/lib/cni)",
    },
    MTU_FLAG,
    ...FORMAT_FLAGS,
    ...OUTPUT_FLAGS,
    MAX_LENGTH_FLAG,
  ],
  examples: [
    {
      summary: "the kernel's boot parameter, MTU from the kernel",
      line: "vmconf convert result.json --container-id vm-1 --format ip",
    },
    {
      summary: "from a pipe, without asking the kernel",
      line: "vmconf convert --container-id vm-1 --mtu 1500 < result.json",
    },
    {
      summary: "of a network that CNI made before",
      line: "vmconf convert --from-cache mynet --container-id vm-1 --format ip",
    },
  ],
  run: runConvert,
};

async function runConvert(args: Arguments): Promise<number> {
  const { flags, lists, operands } = args;
  const containerID = flags.get("container-id");
  if (containerID === undefined) {
    throw usage(
      "Missing flag: expected --container-id ID",
      convert,
      "It is the id that CNI was called with, and the sandbox of the VM's pseudo-interface.",
    );
  }
  const network = flags.get("from-cache");
  const names = lists.get("if-name") ?? [];
  const files = operands.length === 0 ? ["-"] : operands;
  if (network === undefined) checkCounts(files, names);
  else if (operands.length > 0) {
    throw usage("Unexpected FILE beside --from-cache", convert);
  }
  const renderer = await rendererOf(flags, convert);
  const mtu = mtuOption(flags, convert) ??
    (await import("../../linux/link.ts")).readMtu;
  const maxLength = maxLengthOf(flags, convert);
  const texts = network === undefined
    ? files.map((file) => readText(file, maxLength))
    : await cachedTexts(network, containerID, flags.get("cache-dir"));
  const confs: StaticNetworkConf[] = [];
  for (const [index, text] of texts.entries()) {
    const options = { vmIfName: names[index], maxLength };
    confs.push(converted(text, containerID, options, mtu));
  }
  await output(renderer, confs, flags);
  return 0;
}

async function cachedTexts(
  network: string,
  containerID: string,
  cacheDir: string | undefined,
): Promise<string[]> {
  const { readCachedResults } = await import("../../chain/chain.ts");
  return readCachedResults(network, containerID, { cacheDir })
    .map((result) => JSON.stringify(result));
}

function checkCounts(files: readonly string[], names: readonly string[]): void {
  if (files.filter((file) => file === "-").length > 1) {
    throw usage("Unexpected second -: standard input is read once", convert);
  }
  if (names.length > files.length) {
    throw usage(
      `--if-name: expected at most ${files.length}, one for each FILE, found ${names.length}`,
      convert,
    );
  }
}
