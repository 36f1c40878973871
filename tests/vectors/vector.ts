/** What a golden vector holds, and what an answer to it holds. */
import type { StaticNetworkConf } from "../../mod.ts";

/** Where `setup.sh` makes its namespaces and its scratch mount. */
export const NETNS_PREFIX = "/var/run/netns/vmconf-";
export const SCRATCH = "/run/vmconf-oracle";

export interface GoRoute {
  readonly dst: { readonly cidr: string };
  readonly gw: string | null;
  readonly mtu: number;
  readonly advmss: number;
  readonly priority: number;
  readonly table: number | null;
  readonly scope: number | null;
}

/** A StaticNetworkConf as the Go program printed it. */
export interface GoConf {
  readonly tapName: string;
  readonly netNSPath: string;
  readonly vmIfName: string;
  readonly vmMacAddr: string;
  readonly vmMTU: number;
  readonly vmIPConfig: {
    readonly address: { readonly cidr: string };
    readonly gateway: string | null;
  };
  readonly vmRoutes: readonly (GoRoute | null)[] | null;
  readonly vmNameservers: readonly string[] | null;
  readonly vmDomain: string;
  readonly vmSearchDomains: readonly string[] | null;
  readonly vmResolverOptions: readonly string[] | null;
  readonly ipBootParam: string | null;
}

export interface Vector {
  readonly id: string;
  readonly family: string;
  readonly containerID: string;
  readonly ifName?: string;
  readonly result?: unknown;
  readonly resultText?: string;
  readonly resultBase64?: string;
  readonly expect: {
    readonly ok?: GoConf;
    readonly error?: string;
    readonly panic?: boolean;
  };
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly path?: string;
}

export interface Answer {
  readonly id: string;
  readonly ok?: StaticNetworkConf;
  readonly ip?: { readonly ok?: string; readonly error?: Refusal };
  readonly error?: Refusal;
}
