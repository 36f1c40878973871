/** Garbage collection, of the networks that are asked for or of all. */
import type { Network } from "../cni/network.ts";
import { together } from "./container.ts";
import { type ChainOptions, type Context, contextOf } from "./context.ts";
import { findNetworks } from "./find.ts";
import { collect, type Collected, type Keep } from "./garbage.ts";
import { listRecords } from "./records.ts";
import { networkOf } from "./requests.ts";
import { mustUseCache } from "./state.ts";

/** What {@linkcode collectGarbage} is asked for. */
export interface GarbageRequest {
  /** Networks by name, or as they are; unset: all that there are. */
  readonly networks?: readonly (string | Network)[];
  /**
   * The attachments that are to stay; unset: those that were added completely
   * and whose namespace is there.
   */
  readonly keep?: readonly Keep[];
}

/**
 * Deletes attachments that are of no use, such as those of a crashed run or of
 * before a restart, and has plugins of CNI 1.1 clean up what is theirs.
 *
 * @param request The networks, and what is to stay.
 * @param options Folders and limits.
 * @returns What was deleted.
 * @throws {VmConfError} As {@linkcode addNetworks}, with all that failed; the
 * rest has been deleted.
 *
 * @example Usage
 * ```ts
 * import { collectGarbage } from "@cni/vmconf/chain";
 *
 * const afterRestart = () => collectGarbage();
 * ```
 *
 * Source: CNI specification 1.1.0, section 3, "Garbage-collecting a network".
 */
export async function collectGarbage(
  request: GarbageRequest = {},
  options: ChainOptions = {},
): Promise<Collected[]> {
  const context = contextOf(options);
  mustUseCache(context);
  const networks =
    request.networks?.map((network) => networkOf(context, network)) ??
      allNetworks(context);
  const { collected, errors } = await collect(context, networks, request.keep);
  if (errors.length > 0) throw together(errors);
  return collected;
}

/** Those that are configured, and those that containers were added to before. */
function allNetworks(context: Context): Network[] {
  const configured = findNetworks(context);
  const names = new Set(configured.map(({ name }) => name));
  const recorded = new Map(
    listRecords(context).map(({ network }) => [network.name, network]),
  );
  return [
    ...configured,
    ...[...recorded.values()].filter(({ name }) => !names.has(name)),
  ];
}
