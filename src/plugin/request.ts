/** What ADD, CHECK and DEL work on: one attachment. */
import type { CniResult } from "../cni/result.ts";
import type { Version } from "../cni/versions.ts";
import type { TapOptions } from "../linux/tap.ts";
import type { TapConfig } from "./config.ts";
import {
  type CniEnvironment,
  type CniVariable,
  parseArguments,
  readEnvironment,
} from "./environment.ts";
import { CNI_ERROR_CODES, PluginFailure } from "./failure.ts";

/** An attachment of a VM to a network, and the options of its tap. */
export interface TapRequest {
  /** The version of the CNI specification to answer in. */
  readonly cniVersion: Version;
  /** The id of the container, which is the VM's. */
  readonly containerId: string;
  /** The path of the namespace; empty if it is gone. */
  readonly netNSPath: string;
  /** Whether it may be the namespace that the plugin runs in; unset: no. */
  readonly mayBeOwnNetns?: boolean;
  /** The interface in the namespace whose traffic goes to the VM. */
  readonly ifName: string;
  readonly tap: TapOptions;
  /** ADD: the result of the plugin before; CHECK, DEL: that of the whole chain. */
  readonly prevResult?: CniResult;
}

/** A request that has a namespace and a previous result. */
export interface CompleteTapRequest extends TapRequest {
  readonly prevResult: CniResult;
}

/** The kernel chooses the next free number, as with the Go plugin. */
const ANY_TAP = "tap%d";

/** The values of `CNI_NETNS_OVERRIDE` that mean yes, as in libcni. */
const YES = /^(?:1|true)$/i;

/** Reads a request of DEL, which may lack the namespace and the result. */
export function readRequest(
  env: CniEnvironment,
  config: TapConfig,
): TapRequest {
  return combineRequest(env, config, ["CNI_CONTAINERID", "CNI_IFNAME"]);
}

/** Reads a request of ADD or CHECK. */
export function readCompleteRequest(
  env: CniEnvironment,
  config: TapConfig,
): CompleteTapRequest {
  const required = ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"] as const;
  const request = combineRequest(env, config, required);
  const { prevResult } = config;
  if (prevResult !== undefined) return { ...request, prevResult };
  throw new PluginFailure(
    CNI_ERROR_CODES.invalidConfig,
    "no previous result was found, was this plugin chained with a previous one?",
    "Put the plugin behind one that makes an interface, such as ptp or bridge.",
  );
}

function combineRequest(
  env: CniEnvironment,
  { cniVersion, tap, prevResult }: TapConfig,
  required: readonly CniVariable[],
): TapRequest {
  const given = readEnvironment(env, required);
  return {
    cniVersion,
    containerId: given.CNI_CONTAINERID,
    netNSPath: given.CNI_NETNS,
    mayBeOwnNetns: YES.test(given.CNI_NETNS_OVERRIDE),
    ifName: given.CNI_IFNAME,
    tap: { name: ANY_TAP, ...tap, ...parseArguments(given.CNI_ARGS) },
    ...prevResult && { prevResult },
  };
}
