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
export {
  type AddedNetwork,
  addNetworks,
  type AddRequest,
  planAdd,
} from "./attach.ts";
export type { RawResult } from "./plugins/call.ts";
export {
  cachedResults,
  checkNetworks,
  networkNames,
  networkStatus,
  type ReadyNetwork,
} from "./check.ts";
export type {
  ChainEvent,
  ChainOptions,
  CniCommand,
  Plan,
  Step,
} from "./context.ts";
export { deleteNetworks, planDelete } from "./detach.ts";
export {
  type Collected,
  collectGarbage,
  type GarbageRequest,
  type Keep,
  planGarbage,
} from "./gc.ts";
export {
  type AttachmentList,
  listAttachments,
  type ListedAttachment,
  type ListedProblem,
} from "./list.ts";
export type { AttachedRequest, ContainerRequest } from "./request.ts";
