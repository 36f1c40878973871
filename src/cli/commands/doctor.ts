/** `vmconf doctor`: whether the main job can run here, and what to grant. */
import { diagnose } from "../../linux/diagnosis.ts";
import { guestKernelOf } from "../../linux/kernel_config.ts";
import type { Arguments, Command } from "../command.ts";
import { adviceFor } from "../doctor_advice.ts";
import { reportText } from "../doctor_text.ts";
import { readKernelConfig } from "../kernel_config_file.ts";
import { errorData, print } from "../output.ts";

/** The command. */
export const doctor: Command = {
  name: "doctor",
  operands: "",
  operandCount: [0, 0],
  summary: "Tell whether the kernel can be asked here, and what to grant.",
  description:
    `Shows the libraries that were found, the permissions and capabilities that are
held, and whether network namespaces can be entered. The last two lines are
commands with no more permission than is needed, to be copied. The exit code is
1 if the kernel cannot be asked for MTUs. With --json all of it is JSON.`,
  flags: [{
    name: "kernel-config",
    value: "FILE",
    summary:
      "tell what a guest kernel makes of ip= and virtio-net; may be compressed",
  }],
  examples: [
    {
      summary: "which path to grant on this machine",
      line: "vmconf doctor",
    },
    {
      summary: "whether a guest with this kernel will read ip=",
      line: "vmconf doctor --kernel-config=- < /proc/config.gz",
    },
  ],
  run: runDoctor,
};

async function runDoctor({ flags }: Arguments): Promise<number> {
  const file = flags.get("kernel-config");
  const guestKernel = file === undefined
    ? undefined
    : guestKernelOf(await readKernelConfig(file), file);
  const diagnosis = diagnose();
  const { canEnter } = diagnosis.namespaces;
  const advice = adviceFor(diagnosis);
  print(
    flags.has("json")
      ? `${
        JSON.stringify(
          {
            ready: canEnter,
            ...diagnosis,
            namespaces: canEnter
              ? { canEnter }
              : { canEnter, error: errorData(diagnosis.namespaces.error) },
            guestKernel,
            ...advice,
          },
          null,
          2,
        )
      }\n`
      : reportText({ diagnosis, guestKernel, advice }),
  );
  return canEnter ? 0 : 1;
}
