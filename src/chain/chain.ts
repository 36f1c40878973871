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
  type NetworkConfig,
  parseNetworkConfig,
  type PluginConfig,
} from "../cni/network.ts";
export type {
  CniDns,
  CniInterface,
  CniIpConfig,
  CniResult,
  Route,
} from "../cni/result.ts";
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
  checkNetworks,
  listNetworkNames,
  queryNetworkStatus,
  readCachedResults,
  type ReadyNetwork,
} from "./check.ts";
export type {
  ChainEvent,
  ChainOptions,
  ChainPlan,
  ChainStep,
  CniCommand,
} from "./context.ts";
export { deleteNetworks, planDelete } from "./detach.ts";
export {
  type CollectedAttachment,
  collectGarbage,
  type GarbageRequest,
  type KeptAttachment,
  planGarbage,
} from "./gc.ts";
export {
  type AttachmentList,
  listAttachments,
  type ListedAttachment,
  type UnusableEntry,
} from "./list.ts";
export type { AttachmentRequest, ContainerRequest } from "./request.ts";
