/**
 * The `qemu` format: arguments of QEMU, a tap and a virtio device each.
 *
 * Source: qemu(1), `-netdev tap` and `-device`. QEMU creates a tap that is
 * missing, silently: see to it that the tap exists, and start QEMU in its
 * namespace. Without MAC the first device of every VM has 52:54:00:12:34:56.
 */
import { quote, VmConfError } from "../errors.ts";
import { argumentFiles } from "./files.ts";
import type { Format } from "./format.ts";
import { lossesOf } from "./losses.ts";
import type { Nic } from "./nic.ts";
import { OPTIONS, QEMU_DEVICES } from "./options.ts";
import { vmmNicsOf } from "./vmm.ts";

/** Options of the `qemu` format. */
export interface QemuOptions {
  /**
   * The device: `virtio-net-pci` (unset), or `virtio-net-device` for machines
   * with virtio-mmio, such as `microvm`.
   */
  readonly qemuDevice?: string;
}

const DEVICES: readonly string[] = QEMU_DEVICES;

/** The `qemu` format. */
export const qemu: Format<QemuOptions> = {
  name: "qemu",
  summary: "arguments of QEMU: -netdev and -device",
  options: OPTIONS.qemu,
  render(confs, { qemuDevice = "virtio-net-pci" } = {}) {
    if (!DEVICES.includes(qemuDevice)) throw noDevice(qemuDevice);
    const nics = vmmNicsOf(confs);
    const args = nics.flatMap((nic) => argumentsOf(nic, qemuDevice));
    return {
      files: argumentFiles("qemu", args),
      lost: lossesOf("qemu", nics),
    };
  },
};

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
