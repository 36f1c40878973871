/** Are networks ready for containers? */
import type { Network } from "../cni/network.ts";
import { callPlugin } from "./call.ts";
import { type ChainOptions, contextOf } from "./context.ts";
import { findNetworks, mustHavePlugins } from "./find.ts";
import { resolveNetwork } from "./request.ts";
import { isSince, negotiateAnew } from "./versions.ts";

/** A network that is ready. */
export interface ReadyNetwork {
  /** The network's name. */
  readonly network: string;
  /** The version that is spoken with its plugins. */
  readonly cniVersion: string;
  /** The plugins' names, in order. */
  readonly plugins: readonly string[];
}

/**
 * Asks whether containers can be added to a network: whether its plugins are
 * there, and those that they run for addresses; whether they have a version in
 * common with the configuration; and, since CNI 1.1, whether they say that they
 * are ready.
 *
 * @param network The network's name, or the network.
 * @param options Folders and limits.
 * @returns The network.
 * @throws {VmConfError} `plugin-failed` with why a plugin is not ready, and
 * others as {@linkcode addNetworks}.
 *
 * @example Usage
 * ```ts
 * import { networkStatus } from "@cni/vmconf/chain";
 *
 * const isReady = (network: string) =>
 *   networkStatus(network).then(() => true, () => false);
 * ```
 *
 * Source: CNI specification 1.1.0, section 2, "STATUS".
 */
export async function networkStatus(
  network: string | Network,
  options: ChainOptions = {},
): Promise<ReadyNetwork> {
  const context = contextOf(options);
  const found = resolveNetwork(context, network);
  mustHavePlugins(context, found);
  const cniVersion = await negotiateAnew(context, found);
  if (isSince(cniVersion, "1.1.0")) {
    for (const plugin of found.plugins) {
      await callPlugin(context, {
        command: "STATUS",
        network: found,
        plugin,
        insertions: { cniVersion },
      });
    }
  }
  const plugins = found.plugins.map(({ type }) => type);
  return { network: found.name, cniVersion, plugins };
}

/**
 * Lists the names of all networks that are configured.
 *
 * @param options Folders.
 * @returns The names, in the order of the files.
 * @throws {VmConfError} `not-granted`
 *
 * @example Usage
 * ```ts
 * import { networkNames } from "@cni/vmconf/chain";
 *
 * const names = () => networkNames({ confDirs: ["/etc/cni/net.d"] });
 * ```
 */
export function networkNames(options: ChainOptions = {}): string[] {
  return findNetworks(contextOf(options)).map(({ name }) => name);
}
