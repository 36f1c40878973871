/** An operation on one attachment: what ADD, CHECK and DEL are called with. */
import type { CniResult } from "../cni/result.ts";
import type { Version } from "../cni/versions.ts";
import type { TapOptions } from "../linux/tap.ts";
import { readArguments } from "./arguments.ts";
import type { Config } from "./config.ts";
import {
  type Environment,
  readEnvironment,
  type Variable,
} from "./environment.ts";
import { CODES, Failure } from "./failure.ts";

/** An attachment of a container to a network. */
export interface Request {
  /** The version of the specification to answer in. */
  readonly cniVersion: Version;
  /** The container's id: the VM's. */
  readonly containerId: string;
  /** The path of the namespace; empty if there is none any more. */
  readonly netNSPath: string;
  /** Whether that may be the namespace that the plugin runs in; unset: no. */
  readonly mayBeOwnNetns?: boolean;
  /** The interface in the namespace whose traffic goes to the VM. */
  readonly ifName: string;
  /** What is asked of the tap. */
  readonly tap: TapOptions;
  /** What the plugins before this one did; for CHECK and DEL, the whole chain. */
  readonly prevResult?: CniResult;
}

/** A request with a namespace and a previous result. */
export interface WholeRequest extends Request {
  readonly prevResult: CniResult;
}

/** The kernel's next free name, as the original leaves it to the kernel. */
const ANY_TAP = "tap%d";

/** As Go's library reads `CNI_NETNS_OVERRIDE`. */
const YES = /^(?:1|true)$/i;

/**
 * Puts a request together from whatever is left of an attachment, as DEL may be
 * called without a namespace and without a result.
 */
export function readRequest(env: Environment, config: Config): Request {
  return requestOf(env, config, ["CNI_CONTAINERID", "CNI_IFNAME"]);
}

/** Puts a request together that lacks nothing. */
export function readWholeRequest(
  env: Environment,
  config: Config,
): WholeRequest {
  const required = ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"] as const;
  const request = requestOf(env, config, required);
  const { prevResult } = config;
  if (prevResult !== undefined) return { ...request, prevResult };
  throw new Failure(
    CODES.invalidConfig,
    "no previous result was found, was this plugin chained with a previous one?",
    "Put the plugin behind one that makes an interface, such as ptp or bridge.",
  );
}

function requestOf(
  env: Environment,
  { cniVersion, tap, prevResult }: Config,
  required: readonly Variable[],
): Request {
  const given = readEnvironment(env, required);
  return {
    cniVersion,
    containerId: given.CNI_CONTAINERID,
    netNSPath: given.CNI_NETNS,
    mayBeOwnNetns: YES.test(given.CNI_NETNS_OVERRIDE),
    ifName: given.CNI_IFNAME,
    tap: { name: ANY_TAP, ...tap, ...readArguments(given.CNI_ARGS) },
    ...prevResult && { prevResult },
  };
}
