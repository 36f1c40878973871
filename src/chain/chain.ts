/**
 * Running chains of CNI plugins: a VM's network is made, checked and removed,
 * its namespace included, and what a crash leaves behind is found again.
 *
 * Takes permission to read the folders of configurations and plugins, to run
 * each plugin, to read and write the cache folder, and FFI for namespaces and
 * locks. What was not granted is an error that names the flag: nothing prompts.
 *
 * @example A network for a VM, and its end
 * ```ts
 * import { addNetworks, deleteNetworks } from "@cni/vmconf/chain";
 *
 * async function run(containerID: string): Promise<void> {
 *   const [added] = await addNetworks({ containerID, networks: ["mynet"] });
 *   console.log(added?.result);
 *   await deleteNetworks({ containerID });
 * }
 * ```
 *
 * @module
 */
export {
  type Network,
  parseNetwork,
  type PluginConfig,
} from "../cni/network.ts";
export type { Dns, Interface, IpConfig, Result, Route } from "../cni/result.ts";
export {
  ERROR_CODES,
  type ErrorCode,
  VmConfError,
  type VmConfErrorOptions,
} from "../errors.ts";
export { type AddedNetwork, addNetworks, type AddRequest } from "./add.ts";
export type { RawResult } from "./call.ts";
export { cachedResults, checkNetworks } from "./check.ts";
export { collectGarbage, type GarbageRequest } from "./collect_garbage.ts";
export type { ChainEvent, ChainOptions, CniCommand } from "./context.ts";
export { deleteNetworks } from "./delete.ts";
export type { Collected, Keep } from "./garbage.ts";
export type { AttachedRequest, ContainerRequest } from "./requests.ts";
export { networkNames, networkStatus, type ReadyNetwork } from "./status.ts";
