/** The options of formats, as help tells them without the formats themselves. */
import type { FormatName } from "./carried.ts";
import type { FormatOption } from "./format.ts";

const BOOT_ARGS: FormatOption = {
  value: "LINE",
  summary: "a kernel command line to put the parameters into",
};

/** What may read the parameters of the `dracut` format in a guest. */
export const DIALECT_NAMES = ["dracut", "systemd", "networkmanager"] as const;

/** The devices that the `qemu` format knows; the first one unless told. */
export const QEMU_DEVICES = ["virtio-net-pci", "virtio-net-device"] as const;

/** The options of each format that takes some. */
export const OPTIONS = {
  ip: { bootArgs: BOOT_ARGS },
  dracut: {
    dialect: {
      value: DIALECT_NAMES.join("|"),
      summary: "what reads them in the guest",
    },
    bootArgs: BOOT_ARGS,
  },
  "cloud-init": {
    hostname: { value: "NAME", summary: "the guest's host name" },
    instanceId: { value: "ID", summary: "another one configures it anew" },
  },
  firecracker: {
    bootArgs: BOOT_ARGS,
    firecrackerVersion: {
      value: "VERSION",
      summary: "Firecracker's version: before 1.16 it takes no MTU",
    },
  },
  qemu: {
    qemuDevice: {
      value: QEMU_DEVICES.join("|"),
      summary: `the kind of device (default: ${QEMU_DEVICES[0]})`,
    },
  },
} as const satisfies {
  readonly [Name in FormatName]?: Readonly<Record<string, FormatOption>>;
};
