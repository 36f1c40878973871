/** CNI result → StaticNetworkConf; pure: the caller says where the MTU comes from. */
import {
  type CniInterface,
  type CniResult,
  parseResult,
  type ParseResultOptions,
} from "../cni/result.ts";
import { VmConfError } from "../errors.ts";
import { LEAST_MTU, type StaticNetworkConf, type VmIpConfig } from "./conf.ts";
import { findVmTapPair, getTapNetns, getVmIps, getVmMac } from "./pair.ts";

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

/** Options of `staticNetworkConfFrom`. */
export interface StaticNetworkConfOptions extends ParseResultOptions {
  /**
   * Where the MTU comes from. Unset: from the kernel, which needs FFI permission
   * and CAP_SYS_ADMIN. A number: it is the MTU, 68 to 65535 bytes. `"result"`:
   * from the tap in the result (CNI 1.1). A function: it is called with the tap,
   * and returns 68 or more.
   */
  readonly mtu?: MtuSource;
  /** The guest's name for the interface; unset: its first device. */
  readonly vmIfName?: string;
}

/** Converts a CNI result, as `staticNetworkConfFrom` does. */
export function makeStaticNetworkConf(
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
  const ips = getVmIps(current, vm);
  const macAddr = getVmMac(current, vm);
  const netNSPath = getTapNetns(current, tap);
  const { dns } = current;
  const conf: Mutable<StaticNetworkConf> = {
    tapName: tap.name,
    netNSPath,
    vmMtu: getMtu(mtu, tap, current),
    vmIpConfigs: ips.map(toVmIpConfig),
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

function toVmIpConfig({ address, gateway }: VmIpConfig): VmIpConfig {
  return gateway === undefined ? { address } : { address, gateway };
}

const MOST_MTU = 65535;
/** The kernel allows more: a loopback device has 65536. */
const MOST_OF_A_DEVICE = 2 ** 32 - 1;

function getMtu(
  source: MtuSource,
  tap: CniInterface,
  result: CniResult,
): number {
  if (source === "result") {
    const path = `result.interfaces[${result.interfaces.indexOf(tap)}].mtu`;
    return requireUsableMtu(tap.mtu, path, MOST_MTU);
  }
  if (typeof source !== "function") {
    return requireUsableMtu(source, "options.mtu", MOST_MTU);
  }
  const mtu = source({ netNSPath: tap.sandbox ?? "", device: tap.name });
  return requireUsableMtu(mtu, "options.mtu()", MOST_OF_A_DEVICE);
}

function requireUsableMtu(
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
        ? "Results before CNI 1.1 have no MTU, and many plugins leave it out. Take the MTU from the kernel, or give the number."
        : undefined,
    },
  );
}
