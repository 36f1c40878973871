/** CNI result → StaticNetworkConf, with the kernel's MTU by default. */
import { readMtu } from "../linux/mtu.ts";
import type { StaticNetworkConf } from "./conf.ts";
import {
  makeStaticNetworkConf,
  type StaticNetworkConfOptions,
} from "./conversion.ts";

/**
 * Converts a CNI result to the configuration of one VM network interface.
 *
 * @param result The result: JSON text, its value, or a {@linkcode CniResult}.
 * @param containerID The id that CNI was called with: the VM's id.
 * @param options Where the MTU comes from, and the guest's interface name.
 * @returns The configuration.
 * @throws {VmConfError} If the result is malformed or lacks what a VM needs, or
 * if the MTU cannot be read from the kernel.
 *
 * @example With a given MTU
 * ```ts
 * import { staticNetworkConfFrom } from "@cni/vmconf";
 * import { assertEquals } from "@std/assert";
 *
 * const result = {
 *   cniVersion: "1.0.0",
 *   interfaces: [
 *     { name: "tap0", sandbox: "/run/netns/a" },
 *     { name: "tap0", sandbox: "vm-1", mac: "02:00:00:00:00:01" },
 *   ],
 *   ips: [{ interface: 1, address: "10.0.0.2/24", gateway: "10.0.0.1" }],
 * };
 * const conf = staticNetworkConfFrom(result, "vm-1", { mtu: 1500 });
 * assertEquals(conf.tapName, "tap0");
 * assertEquals(conf.vmIpConfigs, [
 *   { address: "10.0.0.2/24", gateway: "10.0.0.1" },
 * ]);
 * ```
 *
 * Source: `StaticNetworkConfFrom` of firecracker-go-sdk's `cni/vmconf`.
 */
export function staticNetworkConfFrom(
  result: unknown,
  containerID: string,
  options: StaticNetworkConfOptions = {},
): StaticNetworkConf {
  const { mtu = readMtu } = options;
  return makeStaticNetworkConf(result, containerID, options, mtu);
}
