/** What a VM needs to know to start on a network. */
import type { Route } from "../cni/result.ts";

/** An address of the guest. */
export interface VmIpConfig {
  /** The address with its prefix length, such as `10.0.0.2/24`. */
  readonly address: string;
  /** The default gateway of this subnet. */
  readonly gateway?: string;
}

/**
 * All that is needed to start a VM on a network: one network interface of it.
 *
 * Plain data: what `JSON.stringify` prints is the interface to other languages.
 * Names that begin with `vm` speak of what is to exist inside the guest.
 *
 * Source: `StaticNetworkConf` of firecracker-go-sdk's `cni/vmconf`.
 */
export interface StaticNetworkConf {
  /** The tap device that the VMM opens. */
  readonly tapName: string;
  /** The network namespace in which the tap is, and the VMM has to run. */
  readonly netNSPath: string;
  /** The guest's name for the interface; unset: its first device. */
  readonly vmIfName?: string;
  /** The guest's MAC: six bytes, lower case, with colons. */
  readonly vmMacAddr?: string;
  /** The guest's MTU in bytes. */
  readonly vmMtu: number;
  /** The guest's addresses, at least one, in the result's order. */
  readonly vmIpConfigs: readonly VmIpConfig[];
  /** The guest's routes beside those that its addresses imply. */
  readonly vmRoutes: readonly Route[];
  /** The guest's name servers, in order of preference. */
  readonly vmNameservers: readonly string[];
  /** The guest's local domain. */
  readonly vmDomain?: string;
  /** Domains in which the guest looks up short host names, in order. */
  readonly vmSearchDomains: readonly string[];
  /** Options for the guest's resolver, such as `ndots:2`. */
  readonly vmResolverOptions: readonly string[];
}
