/** `vmconf convert`: the main job. */
import { LONGEST_TEXT } from "../../cni/json_text.ts";
import { quote } from "../../errors.ts";
import {
  type Format,
  type FormatName,
  FORMATS,
} from "../../formats/registry.ts";
import {
  staticNetworkConfFrom,
  type StaticNetworkConfOptions,
} from "../../vmconf/from_result.ts";
import { nearestTo, usage } from "../arguments.ts";
import type { Arguments, Command } from "../command.ts";
import { readText } from "../input.ts";
import { print, warn } from "../output.ts";

const FORMAT_NAMES = Object.keys(FORMATS);

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
    {
      name: "mtu",
      value: "N|kernel|result",
      summary: "where the MTU comes from (default: kernel)",
    },
    {
      name: "format",
      value: FORMAT_NAMES.join("|"),
      summary: "what to print (default: json)",
    },
    {
      name: "max-length",
      value: "BYTES",
      summary: `the most that is read (default: ${LONGEST_TEXT})`,
    },
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

async function runConvert({ flags, operands }: Arguments): Promise<void> {
  const containerID = flags.get("container-id");
  if (containerID === undefined) {
    throw usage(
      "Missing flag: expected --container-id ID",
      convert,
      "It is the id that CNI was called with, and the sandbox of the VM's pseudo-interface.",
    );
  }
  const format = await formatOf(flags.get("format") ?? "json");
  const mtu = mtuOption(flags.get("mtu") ?? "kernel");
  const maxLength = maxLengthOf(flags.get("max-length"));
  const text = await readText(operands[0] ?? "-", maxLength);
  const conf = staticNetworkConfFrom(text, containerID, {
    mtu,
    vmIfName: flags.get("if-name"),
    maxLength,
  });
  const { files, lost } = format.render(conf);
  for (const file of files) print(file.text);
  warn(format.name, lost, flags.has("json"));
}

async function formatOf(name: string): Promise<Format> {
  if (Object.hasOwn(FORMATS, name)) return FORMATS[name as FormatName];
  throw usage(
    `--format: expected ${FORMAT_NAMES.join(" or ")}, found ${quote(name)}`,
    convert,
    `Did you mean ${await nearestTo(name, FORMAT_NAMES)}?`,
  );
}

function mtuOption(text: string): StaticNetworkConfOptions["mtu"] {
  if (text === "kernel") return undefined;
  if (text === "result") return "result";
  if (/^\d+$/.test(text)) return Number(text);
  throw usage(
    `--mtu: expected a number of bytes, kernel or result, found ${quote(text)}`,
    convert,
  );
}

function maxLengthOf(text = String(LONGEST_TEXT)): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw usage(
    `--max-length: expected a number of bytes, found ${quote(text)}`,
    convert,
  );
}
