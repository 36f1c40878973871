/**
 * The `qemu` format: arguments of QEMU, a tap and a virtio device each.
 *
 * Source: qemu(1), `-netdev tap` and `-device`. QEMU creates a tap that is
 * missing, silently: see to it that the tap exists, and start QEMU in its
 * namespace. Without MAC the first device of every VM has 52:54:00:12:34:56.
 */
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { argumentFiles } from "./files.ts";
import type { RenderResult } from "./format.ts";
import { findLosses } from "./losses.ts";
import type { Nic } from "./nic.ts";
import { parseVmmNics } from "./vmm.ts";
import { type FormatOptions, FORMATS } from "./table.ts";
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
    files: argumentFiles("qemu", args),
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

/** The comma ends a value, and is written twice within one. */
function escapeCommas(text: string): string {
  return text.replaceAll(",", ",,");
}
