/** What ADD, CHECK and DEL work on: one attachment. */
import type { CniResult } from "../cni/result.ts";
import type { Version } from "../cni/versions.ts";
import type { TapOptions } from "../linux/tap.ts";
import type { TapConfig } from "./config.ts";
import {
  type CniEnvironment,
  type CniVariable,
  parseArguments,
  requireVariables,
} from "./environment.ts";
import { CNI_ERROR_CODES, PluginFailure } from "./failure.ts";

/** An attachment of a VM to a network, and the options of its tap. */
export interface TapRequest {
  /** The version to answer in. */
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

/** The values of `CNI_NETNS_OVERRIDE` that mean yes, as in libcni. */
const YES = /^(?:1|true)$/i;

/** Reads a request. That of DEL may lack the namespace and the result. */
export function readRequest(
  env: CniEnvironment,
  { cniVersion, tap, prevResult }: TapConfig,
  required: readonly CniVariable[] = ["CNI_CONTAINERID", "CNI_IFNAME"],
): TapRequest {
  requireVariables(env, required);
  const { CNI_CONTAINERID = "", CNI_NETNS = "", CNI_IFNAME = "" } = env;
  return {
    cniVersion,
    containerId: CNI_CONTAINERID,
    netNSPath: CNI_NETNS,
    mayBeOwnNetns: YES.test(env.CNI_NETNS_OVERRIDE ?? ""),
    ifName: CNI_IFNAME,
    tap: { ...tap, ...parseArguments(env.CNI_ARGS ?? "") },
    prevResult,
  };
}

/** Reads a request of ADD or CHECK. */
export function readCompleteRequest(
  env: CniEnvironment,
  config: TapConfig,
): CompleteTapRequest {
  const required = ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"] as const;
  const request = readRequest(env, config, required);
  const { prevResult } = config;
  if (prevResult !== undefined) return { ...request, prevResult };
  throw new PluginFailure(
    CNI_ERROR_CODES.invalidConfig,
    "no previous result was found, was this plugin chained with a previous one?",
    "Put the plugin behind one that makes an interface, such as ptp or bridge.",
  );
}
