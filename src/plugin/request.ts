/** An operation on one attachment: what ADD, CHECK and DEL are called with. */
import type { Result } from "../cni/result.ts";
import type { Version } from "../cni/versions.ts";
import type { TapOptions } from "../linux/tap.ts";
import { readArguments } from "./arguments.ts";
import type { Config } from "./config.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { CODES, Failure } from "./failure.ts";

/** An attachment of a container to a network. */
export interface Request {
  /** The version of the specification to answer in. */
  readonly cniVersion: Version;
  /** The container's id: the VM's. */
  readonly containerId: string;
  /** The path of the namespace; empty if DEL has none any more. */
  readonly netNSPath: string;
  /** The interface in the namespace whose traffic goes to the VM. */
  readonly ifName: string;
  /** What is asked of the tap. */
  readonly tap: TapOptions;
  /** What the plugins before this one did; for CHECK and DEL, the whole chain. */
  readonly prevResult?: Result;
}

/** The kernel's next free name, as the original leaves it to the kernel. */
const ANY_TAP = "tap%d";

/**
 * Puts a request together.
 *
 * @param env The environment variables.
 * @param config The configuration.
 * @param mayLackNetns Whether the namespace need not be named.
 * @returns The request.
 * @throws {Failure} If a variable is missing or malformed.
 */
export function readRequest(
  env: Environment,
  { cniVersion, tap, prevResult }: Config,
  mayLackNetns: boolean,
): Request {
  const given = readEnvironment(env, [
    "CNI_CONTAINERID",
    "CNI_IFNAME",
    ...mayLackNetns ? [] : ["CNI_NETNS" as const],
  ]);
  return {
    cniVersion,
    containerId: given.CNI_CONTAINERID,
    netNSPath: given.CNI_NETNS,
    ifName: given.CNI_IFNAME,
    tap: { name: ANY_TAP, ...tap, ...readArguments(given.CNI_ARGS) },
    ...prevResult && { prevResult },
  };
}

/**
 * Insists on a previous result, as there is nothing to redirect without one.
 *
 * @param request The request.
 * @returns Its previous result.
 * @throws {Failure} If it has none.
 */
export function prevResultOf({ prevResult }: Request): Result {
  if (prevResult !== undefined) return prevResult;
  throw new Failure(
    CODES.invalidConfig,
    "no previous result was found, was this plugin chained with a previous one?",
    "Put the plugin behind one that makes an interface, such as ptp or bridge.",
  );
}
