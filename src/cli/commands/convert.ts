/** `vmconf convert`: converts CNI results. */
import { DEFAULT_VERSION, NEWEST_VERSION } from "../../cni/versions.ts";
import { makeStaticNetworkConf } from "../../vmconf/conversion.ts";
import { usage } from "../arguments.ts";
import type { Arguments, Command } from "../command.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import {
  CACHE_DIR_FLAG,
  checkListLength,
  MAX_LENGTH_FLAG,
  MTU_FLAG,
  parseMaxLengthFlag,
  parseMtuFlag,
  REQUIRED_ID_FLAG,
  requireId,
} from "../flags.ts";
import { readText } from "../input.ts";
import {
  FORMAT_FLAGS,
  loadRenderer,
  output,
  OUTPUT_FLAGS,
} from "../rendering.ts";

export const convert: Command = {
  name: "convert",
  operands: "[FILE...]",
  summary: "Convert CNI results to the network configuration of a VM.",
  description:
    `Reads what the last plugin of a CNI chain printed after ADD, from FILE or from
standard input ("-", the default). Supports the versions ${DEFAULT_VERSION} to ${NEWEST_VERSION}. Several
results are several network interfaces of one VM. Prints the configuration on
standard output. Prints on standard error what the format leaves out.`,
  flags: [
    REQUIRED_ID_FLAG,
    {
      name: "vm-if-name",
      aliases: ["if-name"],
      value: "NAME",
      repeatable: true,
      summary:
        "the interface's name in the guest, once for each FILE (default: its first device)",
    },
    {
      name: "from-cache",
      value: "NETWORK",
      summary:
        "read the result that is recorded for this network, instead of a FILE",
    },
    CACHE_DIR_FLAG,
    MTU_FLAG,
    ...FORMAT_FLAGS,
    ...OUTPUT_FLAGS,
    MAX_LENGTH_FLAG,
  ],
  examples: [
    {
      summary: "the kernel's boot parameter, MTU from the kernel",
      line: "vmconf convert result.json --id vm-1 --format ip",
    },
    {
      summary: "from a pipe, without querying the kernel",
      line: "vmconf convert --id vm-1 --mtu 1500 < result.json",
    },
    {
      summary: "from the record of a network that CNI added before",
      line: "vmconf convert --from-cache mynet --id vm-1 --format ip",
    },
  ],
  run: runConvert,
};

async function runConvert(args: Arguments): Promise<number> {
  const { flags, lists } = args;
  const containerID = requireId(args);
  checkOperands(args);
  const renderer = await loadRenderer(flags);
  const mtu = parseMtuFlag(flags) ??
    (await import("../../linux/mtu.ts")).readMtu;
  const maxLength = parseMaxLengthFlag(flags);
  const texts = await readResults(args, containerID, maxLength);
  const names = lists.get("vm-if-name") ?? [];
  const confs = texts.map((text, nic) =>
    makeStaticNetworkConf(text, containerID, {
      vmIfName: names[nic],
      maxLength,
    }, mtu)
  );
  await output(renderer, confs, flags);
  return EXIT_DONE;
}

function checkOperands(args: Arguments): void {
  const { flags, operands } = args;
  if (flags.has("from-cache")) {
    if (operands.length === 0) return;
    throw usage("Unexpected FILE with --from-cache");
  }
  if (operands.filter((file) => file === "-").length > 1) {
    throw usage('Unexpected second "-": standard input can be read only once');
  }
  checkListLength(args, "vm-if-name", Math.max(1, operands.length), "FILE");
}

async function readResults(
  { flags, operands }: Arguments,
  containerID: string,
  maxLength: number,
): Promise<string[]> {
  const network = flags.get("from-cache");
  if (network === undefined) {
    const files = operands.length === 0 ? ["-"] : operands;
    return files.map((file) => readText(file, maxLength));
  }
  const { readCachedResults } = await import("../../chain/chain.ts");
  const cacheDir = flags.get("cache-dir");
  return readCachedResults(network, containerID, { cacheDir })
    .map((result) => JSON.stringify(result));
}
