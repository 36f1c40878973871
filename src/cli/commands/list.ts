/** `vmconf list`: which VMs are known on this host. */
import type { AttachmentList, ListedAttachment } from "../../chain/chain.ts";
import { printable, quote, VmConfError } from "../../errors.ts";
import type { Command } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import { TERMINAL_WIDTH, wrapText } from "../layout.ts";

/** The command. */
export const list: Command = {
  name: "list",
  operands: "",
  operandCount: [0, 0],
  summary: "List the VMs that are known on this host.",
  description:
    `Shows what is recorded of each VM and network, by vmconf or by another runtime
that uses libcni: the interface in the namespace, the VM's tap, MAC and
addresses, the network namespace and whether it is alive. Changes nothing. The
exit code is 1 if a record cannot be used.`,
  flags: [
    { name: "id", value: "ID", summary: "only this VM" },
    {
      name: "cache-dir",
      value: "DIR",
      summary: "the folder of records of attachments (default: /var/lib/cni)",
    },
  ],
  examples: [
    { summary: "all VMs", line: "vmconf list" },
    { summary: "for programs", line: "vmconf list --json" },
  ],
  run: async ({ flags }) => {
    const { listAttachments } = await import("../../chain/chain.ts");
    const request = { containerID: flags.get("id") };
    const options = { cacheDir: flags.get("cache-dir") };
    const found = listAttachments(request, options);
    const json = flags.has("json");
    if (json) printJson(found);
    else print(tableOf(found));
    for (const { file, reason } of found.unusable) {
      const message = `Cannot use the record ${quote(file)}: ${reason}`;
      if (!json) printError(new VmConfError("cache-failed", message), json);
    }
    return found.unusable.length === 0 ? 0 : 1;
  },
};

const HEADER = ["ID", "NETWORK", "IF", "TAP", "MAC", "STATE"];
const GAP = "  ";

/** The most characters that a column is widened to: an id may have hundreds. */
const WIDEST = 20;

/** Two lines each: what is in columns, and below it what may be long. */
function tableOf({ attachments }: AttachmentList): string {
  if (attachments.length === 0) return "";
  const rows = [HEADER, ...attachments.map(columnsOf)];
  const widths = HEADER.map((_, column) =>
    rows.map((row) => row[column]?.length ?? 0)
      .filter((length) => length <= WIDEST)
      .reduce((most, length) => Math.max(most, length), 0)
  );
  const lines = rows.flatMap((row, index) => {
    const text = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP).trimEnd();
    const fitting = text.length <= TERMINAL_WIDTH
      ? [text]
      : wrapText(row.join(" "), TERMINAL_WIDTH);
    const about = attachments[index - 1];
    return about === undefined ? fitting : [...fitting, ...detailsOf(about)];
  });
  return `${lines.join("\n")}\n`;
}

function columnsOf(attachment: ListedAttachment): string[] {
  const { containerID, network, ifName, tapName = "-" } = attachment;
  const { macAddr = "-", netns, complete } = attachment;
  const state = complete ? netns : `${netns}, incomplete`;
  return [containerID, network, ifName, tapName, macAddr, state].map((cell) =>
    printable(cell)
  );
}

function detailsOf(attachment: ListedAttachment): string[] {
  const { addresses, netNSPath, netnsReason, by } = attachment;
  const text = [
    addresses.length === 0 ? "no address" : addresses.join(", "),
    netNSPath === ""
      ? "in a namespace that is not recorded"
      : `in ${netNSPath}`,
    by === "vmconf" ? "(by vmconf)" : "(by another runtime)",
    ...netnsReason === undefined ? [] : [`unknown: ${netnsReason}`],
  ].join(" ");
  return wrapText(printable(text), TERMINAL_WIDTH - GAP.length).map((it) =>
    GAP + it
  );
}
