/** What a guest kernel's configuration means for its network. */
import { quote, VmConfError } from "../errors.ts";

/** What a guest kernel does with its network. */
export interface GuestKernel {
  /** Whether the kernel itself reads `ip=`, before it mounts its root. */
  readonly readsIpParam: boolean;
  /** Whether it has a driver for virtio-net, if need be in modules. */
  readonly drivesVirtioNet: boolean;
  /** What prevents either of them, or may do so: sentences. */
  readonly remarks: readonly string[];
  /** The options that decide. */
  readonly options: Readonly<Record<OptionName, Setting>>;
}

/** Built in, a module, or not set. */
type Setting = "y" | "m" | "n";

const OPTIONS = [
  "CONFIG_IP_PNP",
  "CONFIG_VIRTIO_NET",
  "CONFIG_VIRTIO_MMIO",
  "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES",
  "CONFIG_VIRTIO_PCI",
] as const;

type OptionName = typeof OPTIONS[number];

/**
 * Reads a kernel's configuration, such as its `.config`, `/boot/config-…` or
 * `/proc/config.gz`.
 *
 * Source: Documentation/admin-guide/nfs/nfsroot.rst and drivers/virtio/Kconfig
 * of Linux.
 */
export function parseGuestKernelConfig(
  text: string,
  file: string,
): GuestKernel {
  const settings = parseSettings(text);
  if (settings.size === 0) {
    throw new VmConfError(
      "unreadable-input",
      `Cannot read ${
        quote(file)
      }: expected a kernel configuration, with lines such as "CONFIG_NET=y", found none`,
      {
        hint:
          "It is the kernel's .config, /boot/config-VERSION, or /proc/config.gz of a running one.",
      },
    );
  }
  const options = Object.fromEntries(
    OPTIONS.map((name) => [name, settings.get(name) ?? "n"]),
  ) as Record<OptionName, Setting>;
  const has = (name: OptionName) => options[name] !== "n";
  const isBuiltIn = (name: OptionName) => options[name] === "y";
  const transports = ["CONFIG_VIRTIO_MMIO", "CONFIG_VIRTIO_PCI"] as const;
  const drivesVirtioNet = has("CONFIG_VIRTIO_NET") && transports.some(has);
  const drivesItEarly = isBuiltIn("CONFIG_VIRTIO_NET") &&
    transports.some(isBuiltIn);
  const remarks: [boolean, string][] = [
    [
      !has("CONFIG_IP_PNP"),
      "CONFIG_IP_PNP is not set: the kernel ignores ip=. Only an initramfs may read it (klibc's ipconfig, dracut, systemd-network-generator).",
    ],
    [!has("CONFIG_VIRTIO_NET"), "CONFIG_VIRTIO_NET is not set."],
    [
      !transports.some(has),
      "Neither CONFIG_VIRTIO_MMIO nor CONFIG_VIRTIO_PCI is set: the kernel finds no virtio device.",
    ],
    [
      drivesVirtioNet && !drivesItEarly,
      "The driver for virtio-net is in modules, which an initramfs must load. The kernel reads ip= before that, and finds no device.",
    ],
    [
      drivesVirtioNet && !has("CONFIG_VIRTIO_MMIO"),
      "CONFIG_VIRTIO_MMIO is not set: Firecracker without PCI, and QEMU's microvm, have no other transport.",
    ],
    [
      has("CONFIG_VIRTIO_MMIO") && settings.get("CONFIG_X86_64") === "y" &&
      !has("CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES"),
      "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES is not set: the VMM must announce its devices by ACPI.",
    ],
  ];
  return {
    readsIpParam: isBuiltIn("CONFIG_IP_PNP") && drivesItEarly,
    drivesVirtioNet,
    remarks: remarks.filter(([applies]) => applies).map(([, remark]) => remark),
    options,
  };
}

/** Reads lines of Kconfig: `CONFIG_A=y`, `# CONFIG_B is not set`. */
function parseSettings(text: string): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const [, name = ""] of text.matchAll(/^# (CONFIG_\w+) is not set$/gm)) {
    settings.set(name, "n");
  }
  for (const [, name = "", value] of text.matchAll(/^(CONFIG_\w+)=([ym]?)/gm)) {
    settings.set(name, value === "y" || value === "m" ? value : "n");
  }
  return settings;
}
