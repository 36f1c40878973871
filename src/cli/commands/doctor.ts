/** `vmconf doctor`: whether vmconf can query the kernel here. */
import { VmConfError } from "../../errors.ts";
import { parseGuestKernelConfig } from "../../linux/kernel_config.ts";
import { examineMachine } from "../../linux/machine.ts";
import type { Arguments, Command } from "../command.ts";
import { advisePermissions } from "../doctor/advice.ts";
import { formatReport } from "../doctor/report.ts";
import { EXIT_DONE, EXIT_FAILED } from "../exit_codes.ts";
import { type OpenInput, openInput, unreadable } from "../input.ts";
import { print, printJson, toErrorJson } from "../output.ts";

export const doctor: Command = {
  name: "doctor",
  operands: "",
  summary: "Check if vmconf can query the kernel, and which flags it needs.",
  description:
    `Prints the libraries that vmconf found, its permissions and capabilities, and
whether it can enter network namespaces. The last two lines are commands to copy:
they grant only the permissions that vmconf needs. The exit code is 1 if vmconf
cannot query the kernel for MTUs. With --json, prints everything as JSON.`,
  flags: [{
    name: "kernel-config",
    value: "FILE",
    summary:
      "also check what a guest kernel with this configuration does with ip= and virtio-net; FILE may be compressed",
  }],
  examples: [
    {
      summary: "the permissions to grant on this machine",
      line: "vmconf doctor",
    },
    {
      summary: "whether a guest with this kernel reads ip=",
      line: "vmconf doctor --kernel-config=- < /proc/config.gz",
    },
  ],
  run: runDoctor,
};

async function runDoctor({ flags }: Arguments): Promise<number> {
  const file = flags.get("kernel-config");
  const guestKernel = file === undefined
    ? undefined
    : parseGuestKernelConfig(await readKernelConfig(file), file);
  const machine = examineMachine();
  const advice = advisePermissions(machine);
  const { canEnter } = machine.namespaces;
  if (flags.has("json")) {
    const namespaces = canEnter
      ? { canEnter }
      : { canEnter, error: toErrorJson(machine.namespaces.error) };
    printJson({
      ready: canEnter,
      ...machine,
      namespaces,
      guestKernel,
      ...advice,
    }, 2);
  } else print(formatReport(machine, advice, guestKernel));
  return canEnter ? EXIT_DONE : EXIT_FAILED;
}

/** Those of distributions have about 300,000 bytes. */
const LONGEST_CONFIG = 16 * 1024 * 1024;

/** Reads a kernel's configuration, compressed (/proc/config.gz) or not. */
async function readKernelConfig(file: string): Promise<string> {
  const { stream } = await openInput(file);
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of await decompress(stream)) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > LONGEST_CONFIG) {
        throw new RangeError(
          `expected at most ${LONGEST_CONFIG} bytes, found more`,
        );
      }
    }
    return text + decoder.decode();
  } catch (cause) {
    throw cause instanceof VmConfError ? cause : unreadable(file, cause);
  }
}

async function decompress(
  stream: OpenInput["stream"],
): Promise<ReadableStream<Uint8Array>> {
  const [sample, whole] = stream.tee();
  const reader = sample.getReader();
  const { value } = await reader.read();
  reader.cancel(); // It ends with the other branch, so this is not awaited.
  const isGzip = value?.[0] === 0x1f && value[1] === 0x8b;
  return isGzip ? whole.pipeThrough(new DecompressionStream("gzip")) : whole;
}
