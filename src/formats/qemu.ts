/**
 * The `qemu` format: arguments of QEMU, a tap and a virtio device each.
 *
 * Source: qemu(1), `-netdev tap` and `-device`. QEMU creates a tap that is
 * missing, silently: see to it that the tap exists, and start QEMU in its
 * namespace. Without MAC the first device of every VM has 52:54:00:12:34:56.
 */
import { quote, VmConfError } from "../errors.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { argumentFiles } from "./files.ts";
import type { RenderResult } from "./format.ts";
import { lossesOf } from "./losses.ts";
import type { Nic } from "./nic.ts";
import { vmmNicsOf } from "./vmm.ts";
import { type FormatOptions, FORMATS } from "./table.ts";

const DEVICES: readonly string[] = FORMATS.qemu.options.qemuDevice.value
  .split("|");

/** Renders the `qemu` format. */
export function render(
  confs: readonly StaticNetworkConf[],
  { qemuDevice = "virtio-net-pci" }: FormatOptions<"qemu"> = {},
): RenderResult {
  if (!DEVICES.includes(qemuDevice)) throw noDevice(qemuDevice);
  const nics = vmmNicsOf(confs);
  const args = nics.flatMap((nic) => argumentsOf(nic, qemuDevice));
  return {
    files: argumentFiles("qemu", args),
    lost: lossesOf("qemu", nics),
  };
}

function argumentsOf({ conf, index, mac, mtu }: Nic, device: string): string[] {
  const id = `net${index}`;
  const address = mac === undefined ? "" : `,mac=${mac}`;
  return [
    "-netdev",
    `tap,id=${id},ifname=${valueOf(conf.tapName)},script=no,downscript=no`,
    "-device",
    `${device},netdev=${id}${address},host_mtu=${mtu}`,
  ];
}

/** The comma ends a value, and is written twice within one. */
function valueOf(text: string): string {
  return text.replaceAll(",", ",,");
}

function noDevice(found: string): VmConfError {
  return new VmConfError(
    "invalid-option",
    `options.qemuDevice: expected ${DEVICES.join(" or ")}, found ${
      quote(found)
    }`,
    { path: "options.qemuDevice" },
  );
}
