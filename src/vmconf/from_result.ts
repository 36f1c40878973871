/** CNI result → StaticNetworkConf. */
import {
  type Interface,
  type ParseOptions,
  parseResult,
  type Result,
} from "../cni/result.ts";
import { VmConfError } from "../errors.ts";
import { type Link, mtuOf } from "../linux/link.ts";
import type { StaticNetworkConf, VmIpConfig } from "./conf.ts";
import { vmTapPair } from "./pair.ts";
import { tapNetns, vmIps, vmMac } from "./pair_values.ts";

/** Choices of {@linkcode staticNetworkConfFrom}. */
export interface StaticNetworkConfOptions extends ParseOptions {
  /**
   * Where the MTU comes from. Unset: the kernel is asked for the tap's, which
   * takes FFI permission and CAP_SYS_ADMIN. A number of bytes, 68 to 65535:
   * that one. `"result"`: the one that the result gives for the tap (CNI 1.1).
   * A function: it is called with the tap.
   */
  readonly mtu?: number | "result" | ((tap: Link) => number);
  /** The guest's name for the interface; unset: its first device. */
  readonly vmIfName?: string;
}

/**
 * Converts a CNI result to the configuration of one VM network interface.
 *
 * @param result The result: JSON text, its value, or a {@linkcode Result}.
 * @param containerID The id that CNI was called with: the VM's id.
 * @param options Where the MTU comes from, and the guest's interface name.
 * @returns The configuration.
 * @throws {VmConfError} If the result is malformed or lacks what a VM needs, or
 * if the kernel cannot be asked.
 *
 * @example Without asking the kernel
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
  if (typeof containerID !== "string") {
    throw new VmConfError(
      "usage",
      `containerID: expected a string, found ${typeof containerID}`,
    );
  }
  const current = parseResult(result, options);
  const { vm, tap } = vmTapPair(current, containerID);
  const ips = vmIps(current, vm);
  const macAddr = vmMac(current, vm);
  const netNSPath = tapNetns(current, tap);
  const { dns } = current;
  const conf: Mutable<StaticNetworkConf> = {
    tapName: tap.name,
    netNSPath,
    vmMtu: mtuFrom(options.mtu, tap, current),
    vmIpConfigs: ips.map(vmIpConfig),
    vmRoutes: current.routes,
    vmNameservers: dns.nameservers,
    vmSearchDomains: dns.search,
    vmResolverOptions: dns.options,
  };
  if (options.vmIfName) conf.vmIfName = options.vmIfName;
  if (macAddr) conf.vmMacAddr = macAddr;
  if (dns.domain) conf.vmDomain = dns.domain;
  return conf;
}

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

function vmIpConfig({ address, gateway }: VmIpConfig): VmIpConfig {
  return gateway === undefined ? { address } : { address, gateway };
}

const LEAST_MTU = 68;
const MOST_MTU = 65535;

function mtuFrom(
  source: StaticNetworkConfOptions["mtu"] = mtuOf,
  tap: Interface,
  result: Result,
): number {
  const path = `result.interfaces[${result.interfaces.indexOf(tap)}]`;
  if (source === "result") return usableMtu(tap.mtu, `${path}.mtu`);
  if (typeof source !== "function") return usableMtu(source, "options.mtu");
  const mtu = source({ netNSPath: tap.sandbox ?? "", device: tap.name });
  // The kernel's answer is right by itself: a loopback device has 65536.
  return source === mtuOf ? mtu : usableMtu(mtu, "options.mtu()");
}

function usableMtu(mtu: number | undefined, path: string): number {
  const usable = mtu !== undefined && Number.isInteger(mtu) &&
    LEAST_MTU <= mtu && mtu <= MOST_MTU;
  if (usable) return mtu;
  throw new VmConfError(
    "invalid-mtu",
    `${path}: expected an MTU of ${LEAST_MTU} to ${MOST_MTU} bytes, found ${
      mtu === undefined ? "nothing" : String(mtu)
    }`,
    {
      path,
      hint: mtu === undefined
        ? "Results before CNI 1.1 have no MTU, and many plugins leave it out: ask the kernel, or give the number yourself."
        : undefined,
    },
  );
}
