/** `vmconf mtu`: the MTU of a device. */
import { readMtu } from "../../linux/mtu.ts";
import type { Command } from "../command.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { print } from "../output.ts";

export const mtu: Command = {
  name: "mtu",
  operands: "NETNS DEVICE",
  summary: "Print the MTU of a device in a network namespace.",
  description:
    `Asks the kernel, and prints a number of bytes. NETNS is the path of the
namespace's file, such as /run/netns/vm-1. Needs CAP_SYS_ADMIN, and --allow-ffi
with the path of libnl-route (or of libc, if libnl-route is not installed).`,
  flags: [],
  examples: [
    {
      summary: "the MTU of the loopback device here",
      line: "vmconf mtu /proc/self/ns/net lo",
    },
  ],
  run: ({ operands: [netNSPath = "", device = ""] }) => {
    print(`${readMtu({ netNSPath, device })}\n`);
    return EXIT_DONE;
  },
};
