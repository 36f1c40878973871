import { assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../mod.ts";
import { parseGuestKernelConfig } from "../../src/linux/kernel_config.ts";

function read(...lines: string[]) {
  const { readsIpParam, drivesVirtioNet, remarks } = parseGuestKernelConfig(
    lines.join("\n"),
    ".config",
  );
  return { readsIpParam, drivesVirtioNet, remarks };
}

const MICROVM = [
  "CONFIG_IP_PNP=y",
  "CONFIG_VIRTIO_NET=y",
  "CONFIG_VIRTIO_MMIO=y",
  "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y",
];

Deno.test("a kernel made for microVMs reads ip= and drives virtio-net", () => {
  assertEquals(read(...MICROVM), {
    readsIpParam: true,
    drivesVirtioNet: true,
    remarks: [],
  });
});

Deno.test("without CONFIG_IP_PNP it is the initramfs that must read ip=", () => {
  const { readsIpParam, drivesVirtioNet, remarks } = read(
    "# CONFIG_IP_PNP is not set",
    ...MICROVM.slice(1),
  );
  assertEquals([readsIpParam, drivesVirtioNet], [false, true]);
  assertEquals(remarks, [
    "CONFIG_IP_PNP is not set: the kernel ignores ip=. Only an initramfs may read it (klibc's ipconfig, dracut, systemd-network-generator).",
  ]);
});

Deno.test("a driver that is a module comes too late for the kernel's own ip=", () => {
  const { readsIpParam, drivesVirtioNet, remarks } = read(
    "CONFIG_IP_PNP=y",
    "CONFIG_VIRTIO_NET=m",
    ...MICROVM.slice(2),
  );
  assertEquals([readsIpParam, drivesVirtioNet], [false, true]);
  assertEquals(remarks, [
    "The driver for virtio-net is in modules, which an initramfs must load. The kernel reads ip= before that, and finds no device.",
  ]);
});

Deno.test("a driver without a transport drives nothing", () => {
  const { readsIpParam, drivesVirtioNet, remarks } = read(
    "CONFIG_IP_PNP=y",
    "CONFIG_VIRTIO_NET=y",
  );
  assertEquals([readsIpParam, drivesVirtioNet], [false, false]);
  assertEquals(remarks, [
    "Neither CONFIG_VIRTIO_MMIO nor CONFIG_VIRTIO_PCI is set: the kernel finds no virtio device.",
  ]);
});

Deno.test("a kernel without virtio-mmio is not for every VMM", () => {
  const { drivesVirtioNet, remarks } = read(
    "CONFIG_IP_PNP=y",
    "CONFIG_VIRTIO_NET=y",
    "CONFIG_VIRTIO_PCI=y",
  );
  assertEquals(drivesVirtioNet, true);
  assertEquals(remarks, [
    "CONFIG_VIRTIO_MMIO is not set: Firecracker without PCI, and QEMU's microvm, have no other transport.",
  ]);
});

Deno.test("devices on the command line are asked for on x86_64 alone", () => {
  const without = MICROVM.slice(0, 3);
  assertEquals(read("CONFIG_ARM64=y", ...without).remarks, []);
  assertEquals(read("CONFIG_X86_64=y", ...without).remarks, [
    "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES is not set: the VMM must announce its devices by ACPI.",
  ]);
});

Deno.test("an option whose name only begins alike, or that is a text, sets nothing", () => {
  const { readsIpParam } = read(
    ...MICROVM.slice(1),
    "CONFIG_IP_PNP_DHCP=y",
    'CONFIG_IP_PNP="y"',
  );
  assertEquals(readsIpParam, false);
});

Deno.test("what is no kernel configuration is refused", () => {
  const error = assertThrows(
    () => parseGuestKernelConfig("# a README\nIP_PNP=y\n", "README.md"),
    VmConfError,
    'Cannot read "README.md": expected a kernel configuration, with lines such as "CONFIG_NET=y", found none',
  );
  assertEquals(error.code, "unreadable-input");
});
