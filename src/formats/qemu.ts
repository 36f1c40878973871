/**
 * The `qemu` format: arguments of QEMU, a tap and a virtio device for each NIC.
 *
 * Source: qemu(1), `-netdev tap` and `-device`. QEMU silently creates a tap that
 * is missing: start it in the namespace of the tap. Without MAC the first device
 * of every VM has 52:54:00:12:34:56.
 */
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { makeArgumentFiles } from "./files.ts";
import type { RenderResult } from "./format.ts";
import { findLosses } from "./losses.ts";
import type { Nic } from "./nic.ts";
import { parseVmmNics } from "./vmm.ts";
import { type FormatOptions, FORMATS } from "./format_table.ts";
import { invalidOption } from "./values.ts";

const DEVICES: readonly string[] = FORMATS.qemu.options.qemuDevice.value
  .split("|");

/** Renders the `qemu` format. */
export function render(
  confs: readonly StaticNetworkConf[],
  { qemuDevice = "virtio-net-pci" }: FormatOptions<"qemu"> = {},
): RenderResult {
  if (!DEVICES.includes(qemuDevice)) {
    throw invalidOption("qemuDevice", DEVICES.join(" or "), qemuDevice);
  }
  const nics = parseVmmNics(confs);
  const args = nics.flatMap((nic) => listArguments(nic, qemuDevice));
  return {
    files: makeArgumentFiles("qemu", args),
    lost: findLosses("qemu", nics),
  };
}

function listArguments(
  { conf, index, mac, mtu }: Nic,
  device: string,
): string[] {
  const id = `net${index}`;
  const address = mac === undefined ? "" : `,mac=${mac}`;
  return [
    "-netdev",
    `tap,id=${id},ifname=${escapeCommas(conf.tapName)},script=no,downscript=no`,
    "-device",
    `${device},netdev=${id}${address},host_mtu=${mtu}`,
  ];
}

/** A comma ends a value; within a value it is doubled. */
function escapeCommas(text: string): string {
  return text.replaceAll(",", ",,");
}
