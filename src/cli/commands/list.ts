/** `vmconf list`: the VMs that are recorded on this host. */
import type { AttachmentList, ListedAttachment } from "../../chain/chain.ts";
import { printable, quote, VmConfError } from "../../errors.ts";
import type { Command } from "../command.ts";
import { EXIT_DONE, EXIT_FAILED } from "../exit_codes.ts";
import { CACHE_DIR_FLAG } from "../flags.ts";
import { TERMINAL_WIDTH, wrapText } from "../layout.ts";
import { print, printError, printJson } from "../output.ts";

export const list: Command = {
  name: "list",
  operands: "",
  summary: "List the VMs that are recorded on this host.",
  description:
    `Shows what vmconf and other runtimes that use libcni recorded of each VM and
network: the interface in the namespace; the VM's tap, MAC and addresses; the
network namespace, and whether it still exists (alive, gone or unknown). Changes
nothing. The exit code is 1 if a record cannot be used.`,
  flags: [
    { name: "id", value: "ID", summary: "list only this VM" },
    CACHE_DIR_FLAG,
  ],
  examples: [
    { summary: "all VMs", line: "vmconf list" },
    { summary: "for programs", line: "vmconf list --json" },
  ],
  run: async ({ flags }) => {
    const { listAttachments } = await import("../../chain/chain.ts");
    const found = listAttachments(
      { containerID: flags.get("id") },
      { cacheDir: flags.get("cache-dir") },
    );
    if (flags.has("json")) printJson(found);
    else {
      print(formatTable(found));
      for (const { file, reason } of found.unusable) {
        const message = `Cannot use the record ${quote(file)}: ${reason}`;
        printError(new VmConfError("cache-failed", message), false);
      }
    }
    return found.unusable.length === 0 ? EXIT_DONE : EXIT_FAILED;
  },
};

const HEADER = ["ID", "NETWORK", "IF", "TAP", "MAC", "STATE"];
const GAP = "  ";

/** A longer cell does not widen its column: an id may have hundreds. */
const WIDEST = 20;

/** Each attachment has a line of columns, and below it what may be long. */
function formatTable({ attachments }: AttachmentList): string {
  if (attachments.length === 0) return "";
  const rows = [HEADER, ...attachments.map(listCells)];
  const widths = HEADER.map((_, column) =>
    rows.map((row) => row[column]?.length ?? 0)
      .filter((length) => length <= WIDEST)
      .reduce((most, length) => Math.max(most, length), 0)
  );
  const lines = rows.flatMap((row, index) => {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP).trimEnd();
    const attachment = attachments[index - 1];
    return [
      ...line.length <= TERMINAL_WIDTH
        ? [line]
        : wrapText(row.join(" "), TERMINAL_WIDTH),
      ...attachment === undefined ? [] : describeDetails(attachment),
    ];
  });
  return `${lines.join("\n")}\n`;
}

function listCells(attachment: ListedAttachment): string[] {
  const { containerID, network, ifName, tapName = "-" } = attachment;
  const { macAddr = "-", netns, complete } = attachment;
  const state = complete ? netns : `${netns}, incomplete`;
  return [containerID, network, ifName, tapName, macAddr, state].map((cell) =>
    printable(cell)
  );
}

function describeDetails(
  { addresses, netNSPath, netnsReason, by }: ListedAttachment,
): string[] {
  const text = [
    addresses.length === 0 ? "no address" : addresses.join(", "),
    netNSPath === "" ? "in an unrecorded namespace" : `in ${netNSPath}`,
    by === "vmconf" ? "(by vmconf)" : "(by another runtime)",
    ...netnsReason === undefined ? [] : [`unknown: ${netnsReason}`],
  ].join(" ");
  return wrapText(printable(text), TERMINAL_WIDTH - GAP.length)
    .map((line) => GAP + line);
}
