/** Which networks are configured, and are they ready? */
import type { NetworkConfig } from "../cni/network.ts";
import { hasFeature } from "../cni/versions.ts";
import type { Context } from "./context.ts";
import { callPlugin } from "./plugins/call.ts";
import { requirePlugins } from "./plugins/find_plugin.ts";
import { negotiateWithAll } from "./plugins/versions.ts";
import { resolveNetwork } from "./plugins/find_network.ts";

/** A network that is ready. */
export interface ReadyNetwork {
  /** The network's name. */
  readonly network: string;
  /** The version of CNI that its plugins are called with. */
  readonly cniVersion: string;
  /** The plugins' names, in order. */
  readonly plugins: readonly string[];
}

export async function queryStatus(
  context: Context,
  network: string | NetworkConfig,
): Promise<ReadyNetwork> {
  const found = resolveNetwork(context, network);
  requirePlugins(context, found);
  const cniVersion = await negotiateWithAll(context, found);
  if (hasFeature(cniVersion, "STATUS")) {
    for (const plugin of found.plugins) {
      await callPlugin(context, {
        command: "STATUS",
        network: found,
        plugin,
        cniVersion,
      });
    }
  }
  const plugins = found.plugins.map(({ type }) => type);
  return { network: found.name, cniVersion, plugins };
}
