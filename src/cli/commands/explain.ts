/** `vmconf explain`: what an `ip=` says, and what is made of it. */
import type { Command } from "../command.ts";
import { print } from "../output.ts";

/** The command. */
export const explain: Command = {
  name: "explain",
  operands: "IP",
  operandCount: [1, 1],
  summary: "Name the fields of an ip= parameter, and who would misread it.",
  description:
    `IP is a parameter such as ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off, or a
whole kernel command line, as one word. For each of its readers (the kernel,
klibc, dracut, systemd, NetworkManager) it tells what that makes of it otherwise
than it is meant. The exit code is 1 if none of them would take it as it is meant.`,
  flags: [],
  examples: [
    {
      summary: "a mask that the kernel takes for unset",
      line: "vmconf explain ip=10.0.0.2::10.0.0.1:255.255.255.255::eth0:off",
    },
    {
      summary: "a whole kernel command line",
      line:
        'vmconf explain "console=ttyS0 ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off"',
    },
  ],
  run: async ({ flags, operands: [text = ""] }) => {
    const { explainIp } = await import("../../formats/explain.ts");
    const { explanationText } = await import("../explanation_text.ts");
    const explained = explainIp(text);
    print(
      flags.has("json")
        ? `${JSON.stringify(explained, null, 2)}\n`
        : explained.map(explanationText).join("\n"),
    );
    const isTaken = explained.every(({ readers }) =>
      Object.values(readers).some((notes) => notes.length === 0)
    );
    return isTaken ? 0 : 1;
  },
};
