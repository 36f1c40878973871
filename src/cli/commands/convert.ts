/** `vmconf convert`: the main job. */
import { staticNetworkConfFrom } from "../../vmconf/from_result.ts";
import { usage } from "../arguments.ts";
import type { Arguments, Command } from "../command.ts";
import {
  FORMAT_FLAG,
  formatOf,
  MAX_LENGTH_FLAG,
  maxLengthOf,
  MTU_FLAG,
  mtuOption,
} from "../flags.ts";
import { readText } from "../input.ts";
import { print, warn } from "../output.ts";

/** The command. */
export const convert: Command = {
  name: "convert",
  operands: "[FILE]",
  operandCount: [0, 1],
  summary: "Convert a CNI result to the configuration of a VM's network.",
  description:
    `Reads what the last plugin of a CNI chain printed after ADD, of any version
from 0.1.0 to 1.1.0, from FILE or from standard input ("-", the default).
Prints the configuration on standard output, and what the format had to leave
out on standard error.`,
  flags: [
    {
      name: "container-id",
      value: "ID",
      summary: "the id that CNI was called with: the VM's id (required)",
    },
    {
      name: "if-name",
      value: "NAME",
      summary: "the guest's name for the interface; unset: its first device",
    },
    MTU_FLAG,
    FORMAT_FLAG,
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
  ],
  run: runConvert,
};

async function runConvert({ flags, operands }: Arguments): Promise<number> {
  const containerID = flags.get("container-id");
  if (containerID === undefined) {
    throw usage(
      "Missing flag: expected --container-id ID",
      convert,
      "It is the id that CNI was called with, and the sandbox of the VM's pseudo-interface.",
    );
  }
  const format = await formatOf(flags, convert);
  const mtu = mtuOption(flags, convert);
  const maxLength = maxLengthOf(flags, convert);
  const text = await readText(operands[0] ?? "-", maxLength);
  const conf = staticNetworkConfFrom(text, containerID, {
    mtu,
    vmIfName: flags.get("if-name"),
    maxLength,
  });
  const { files, lost } = format.render(conf);
  for (const file of files) print(file.text);
  warn(format.name, lost, flags.has("json"));
  return 0;
}
