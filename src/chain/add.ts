/** Adding a container to networks. */
import { parseResult, type Result } from "../cni/result.ts";
import type { RawResult } from "./call.ts";
import { attach } from "./container.ts";
import { type ChainOptions, contextOf } from "./context.ts";
import { findPlugin } from "./find.ts";
import { type ContainerRequest, netNSPathOf, wantedBy } from "./requests.ts";
import { mustUseCache, withLock } from "./state.ts";

/** What {@linkcode addNetworks} is asked for. */
export interface AddRequest extends ContainerRequest {
  /** Whether to go on if what a crash left cannot be deleted. */
  readonly force?: boolean;
}

/** A network that a container was added to. */
export interface AddedNetwork {
  /** The network's name. */
  readonly network: string;
  /** The interface's name in the namespace. */
  readonly ifName: string;
  /** The path of the namespace. */
  readonly netNSPath: string;
  /** The result of the last plugin, in its current shape. */
  readonly result: Result;
  /** The same, as the plugin printed it. */
  readonly raw: RawResult;
}

/**
 * Adds a container to networks.
 *
 * The namespace is made if nothing is at its path. What a crash left of these
 * attachments, or unfinished, is deleted first. If a plugin fails, all that was
 * done is undone, in reverse.
 *
 * @param request The container and its networks.
 * @param options Folders and limits.
 * @returns The networks, in order.
 * @throws {VmConfError} `plugin-failed` with the plugin's words,
 * `plugin-timeout`, `no-network`, `no-plugin`, `invalid-network`,
 * `invalid-attachment`, `invalid-netns`, `netns-denied`, `unsupported-version`,
 * `busy`, `interrupted`, `cache-failed`, `not-granted`, `ffi-denied`.
 *
 * @example Usage
 * ```ts
 * import { addNetworks } from "@cni/vmconf/chain";
 *
 * async function addressesOf(containerID: string): Promise<string[]> {
 *   const added = await addNetworks({ containerID, networks: ["mynet"] });
 *   return added.flatMap(({ result }) => result.ips.map((ip) => ip.address));
 * }
 * ```
 *
 * Source: CNI specification 1.1.0, section 3, "Adding an attachment".
 */
export async function addNetworks(
  request: AddRequest,
  options: ChainOptions = {},
): Promise<AddedNetwork[]> {
  const context = contextOf(options);
  const wanted = wantedBy(context, request);
  mustUseCache(context);
  for (const { network } of wanted) {
    for (const plugin of network.plugins) findPlugin(context, plugin);
  }
  const { containerID, force = false } = request;
  const path = netNSPathOf(request);
  const added = await withLock(
    context,
    containerID,
    () => attach(context, containerID, path, wanted, force),
  );
  return added.map(({ network, attachment, result }) => ({
    network: network.name,
    ifName: attachment.ifName,
    netNSPath: path,
    result: parseResult(JSON.stringify(result)),
    raw: result,
  }));
}
