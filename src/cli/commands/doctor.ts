/** `vmconf doctor`: whether vmconf can query the kernel here. */
import type { Command } from "../command.ts";

/** The command. */
export const doctor: Command = {
  name: "doctor",
  operands: "",
  operandCount: [0, 0],
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
  run: async (args) => {
    const { runDoctor } = await import("../doctor/run.ts");
    return await runDoctor(args);
  },
};
