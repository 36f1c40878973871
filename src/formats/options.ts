/** The options of formats, as help tells them without the formats themselves. */
import type { FormatOption } from "./format.ts";

const BOOT_ARGS: FormatOption = {
  value: "LINE",
  summary: "a kernel command line to put the parameters into",
};

/** The options of each format that has any. */
export const OPTIONS = {
  ip: { bootArgs: BOOT_ARGS },
  dracut: {
    dialect: {
      value: "dracut|systemd|networkmanager",
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
      value: "virtio-net-pci|virtio-net-device",
      summary: "the kind of device (default: virtio-net-pci)",
    },
  },
} as const;
