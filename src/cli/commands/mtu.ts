/** `vmconf mtu`: just the number. */
import { readMtu } from "../../linux/link.ts";
import type { Command } from "../command.ts";
import { print } from "../output.ts";

/** The command. */
export const mtu: Command = {
  name: "mtu",
  operands: "NETNS DEVICE",
  operandCount: [2, 2],
  summary: "Ask the kernel for the MTU of a device in a network namespace.",
  description:
    `NETNS is the path of the namespace's file, such as /run/netns/vm-1. Prints
the number of bytes. Takes CAP_SYS_ADMIN, and --allow-ffi with the path of
libnl-route (or of libc, where libnl-route is not installed).`,
  flags: [],
  examples: [
    {
      summary: "the MTU of the loopback device here",
      line: "vmconf mtu /proc/self/ns/net lo",
    },
  ],
  run: ({ operands: [netNSPath = "", device = ""] }) => {
    print(`${readMtu({ netNSPath, device })}\n`);
    return 0;
  },
};
