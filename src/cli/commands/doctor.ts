/** `vmconf doctor`: whether the main job can run here, and what to grant. */
import type { Command } from "../command.ts";

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
  run: async (args) => {
    const { runDoctor } = await import("../doctor/run.ts");
    return await runDoctor(args);
  },
};
