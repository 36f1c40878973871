/** CNI result → StaticNetworkConf, wherever the MTU comes from; pure. */
import {
  type CniInterface,
  type CniResult,
  parseResult,
  type ParseResultOptions,
} from "../cni/result.ts";
import { VmConfError } from "../errors.ts";
import { LEAST_MTU, type StaticNetworkConf, type VmIpConfig } from "./conf.ts";
import { findVmTapPair } from "./pair.ts";
import { tapNetns, vmIps, vmMac } from "./pair_values.ts";

/**
 * Where an MTU comes from: a number of bytes, the result, or a function that is
 * called with the tap's namespace and name.
 */
export type MtuSource =
  | number
  | "result"
  | ((
    tap: { readonly netNSPath: string; readonly device: string },
  ) => number);

/** Choices of `staticNetworkConfFrom`. */
export interface StaticNetworkConfOptions extends ParseResultOptions {
  /**
   * Where the MTU comes from. Unset: the kernel is asked for the tap's, which
   * takes FFI permission and CAP_SYS_ADMIN. A number of bytes, 68 to 65535:
   * that one. `"result"`: the one that the result gives for the tap (CNI 1.1).
   * A function: it is called with the tap, and gives 68 or more.
   */
  readonly mtu?: MtuSource;
  /** The guest's name for the interface; unset: its first device. */
  readonly vmIfName?: string;
}

/** Converts a CNI result, as `staticNetworkConfFrom` does. */
export function converted(
  result: unknown,
  containerID: string,
  options: StaticNetworkConfOptions,
  mtu: MtuSource,
): StaticNetworkConf {
  if (typeof containerID !== "string") {
    throw new VmConfError(
      "usage",
      `containerID: expected a string, found ${typeof containerID}`,
    );
  }
  const current = parseResult(result, options);
  const { vm, tap } = findVmTapPair(current, containerID);
  const ips = vmIps(current, vm);
  const macAddr = vmMac(current, vm);
  const netNSPath = tapNetns(current, tap);
  const { dns } = current;
  const conf: Mutable<StaticNetworkConf> = {
    tapName: tap.name,
    netNSPath,
    vmMtu: mtuFrom(mtu, tap, current),
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

const MOST_MTU = 65535;
/** A device may have more, and a loopback device does. */
const MOST_OF_A_DEVICE = 2 ** 32 - 1;

function mtuFrom(
  source: MtuSource,
  tap: CniInterface,
  result: CniResult,
): number {
  if (source === "result") {
    const path = `result.interfaces[${result.interfaces.indexOf(tap)}].mtu`;
    return usableMtu(tap.mtu, path, MOST_MTU);
  }
  if (typeof source !== "function") {
    return usableMtu(source, "options.mtu", MOST_MTU);
  }
  const mtu = source({ netNSPath: tap.sandbox ?? "", device: tap.name });
  return usableMtu(mtu, "options.mtu()", MOST_OF_A_DEVICE);
}

function usableMtu(
  mtu: number | undefined,
  path: string,
  most: number,
): number {
  const usable = mtu !== undefined && Number.isInteger(mtu) &&
    LEAST_MTU <= mtu && mtu <= most;
  if (usable) return mtu;
  throw new VmConfError(
    "invalid-mtu",
    `${path}: expected an MTU of ${LEAST_MTU} to ${most} bytes, found ${
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
