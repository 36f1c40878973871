/**
 * Formats, each loaded when it is asked for: the command needs one of them, and
 * most of the time of a short run goes into loading.
 */
import type { FormatName } from "./carried.ts";
import type { Formats } from "./registry.ts";

const LOADERS: { readonly [Name in FormatName]: () => Promise<Formats[Name]> } =
  {
    json: async () => (await import("./json.ts")).json,
    ip: async () => (await import("./ip.ts")).ip,
    dracut: async () => (await import("./dracut.ts")).dracut,
    networkd: async () => (await import("./networkd.ts")).networkd,
    networkmanager: async () =>
      (await import("./networkmanager.ts")).networkmanager,
    netplan: async () => (await import("./netplan.ts")).netplan,
    "cloud-init": async () => (await import("./cloud_init.ts")).cloudInit,
    ifupdown: async () => (await import("./ifupdown.ts")).ifupdown,
    "ip-batch": async () => (await import("./ip_batch.ts")).ipBatch,
    "resolv.conf": async () => (await import("./resolv_conf.ts")).resolvConf,
    firecracker: async () => (await import("./firecracker.ts")).firecracker,
    jailer: async () => (await import("./jailer.ts")).jailer,
    "cloud-hypervisor": async () =>
      (await import("./cloud_hypervisor.ts")).cloudHypervisor,
    qemu: async () => (await import("./qemu.ts")).qemu,
    kata: async () => (await import("./kata.ts")).kata,
  };

/** Loads a format, and no other one. */
export async function loadFormat<Name extends FormatName>(
  name: Name,
): Promise<Formats[Name]> {
  return await LOADERS[name]();
}
