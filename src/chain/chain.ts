/**
 * Running chains of CNI plugins: adds, checks and deletes the networks of a VM,
 * its network namespace included, and deletes what crashed runs left.
 *
 * Needs permission to read the folders of configurations and plugins, to run
 * each plugin, to read and write the cache folder, and FFI for namespaces and
 * locks. A missing permission is an error that names the flag; vmconf never
 * prompts.
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
import type { NetworkConfig } from "../cni/network.ts";
import { type AddedNetwork, type AddRequest, attach } from "./attach.ts";
import { check } from "./check.ts";
import { type ChainOptions, type Context, createContext } from "./context.ts";
import { detach } from "./detach.ts";
import type { GarbageRequest } from "./garbage.ts";
import { collect, type CollectedAttachment } from "./gc.ts";
import { type AttachmentList, listRecorded, readResults } from "./list.ts";
import {
  type ChainPlan,
  type ChainStep,
  planAttach,
  planCollect,
  planDetach,
} from "./plan.ts";
import { findNetworks } from "./plugins/find_network.ts";
import type { RawResult } from "./plugins/result.ts";
import type { AttachmentRequest } from "./request.ts";
import { queryStatus, type ReadyNetwork } from "./status.ts";

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
export type { ChainEvent, CniCommand } from "./context.ts";
export type { KeptAttachment } from "./garbage.ts";
export type { ListedAttachment, UnusableEntry } from "./list.ts";
export type {
  AddedNetwork,
  AddRequest,
  AttachmentList,
  AttachmentRequest,
  ChainOptions,
  ChainPlan,
  ChainStep,
  CollectedAttachment,
  GarbageRequest,
  RawResult,
  ReadyNetwork,
};

/**
 * Adds a container to networks.
 *
 * First everything is checked that can be known without a change. Then the
 * namespace is made if nothing is at its path, and the plugins are run. If anything
 * fails, what this call did is undone, in reverse, and nothing else.
 *
 * An attachment that is complete and alive is not changed: the error is
 * `already-added`. What a crash left of these attachments is deleted first. An
 * interface without a record is never deleted: `in-use`.
 *
 * @param request The container and its networks.
 * @param options Folders and limits.
 * @returns The networks, in order.
 * @throws {VmConfError} `already-added`, `in-use`; `uncertain` if it is
 * unknown whether something is alive; `plugin-failed` with the plugin's words,
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
  return await attach(createContext(options), request);
}

/**
 * Lists what {@linkcode addNetworks} would do. Changes nothing and runs no plugin.
 *
 * @param request The container and its networks.
 * @param options Folders and limits.
 * @returns The steps, in order.
 * @throws {VmConfError} As {@linkcode addNetworks}, for what can be known
 * beforehand.
 *
 * @example Usage
 * ```ts
 * import { planAdd } from "@cni/vmconf/chain";
 *
 * const plan = (containerID: string) =>
 *   planAdd({ containerID, networks: ["mynet"] });
 * ```
 */
export function planAdd(
  request: AddRequest,
  options: ChainOptions = {},
): ChainStep[] {
  return planAttach(createContext(options), request);
}

/**
 * Deletes a container's attachments, and its namespace if
 * {@linkcode addNetworks} made it and nothing is attached in it any more.
 *
 * A failure does not keep the rest from being deleted. Deleting what does not exist
 * is no error.
 *
 * @param request The container. Networks without a record are deleted by the
 * request and by their configuration.
 * @param options Folders and limits.
 * @throws {VmConfError} As {@linkcode addNetworks}, with all that failed;
 * `not-added` if another cache folder has the container's records; `in-use` if
 * something belongs to somebody else.
 *
 * @example Usage
 * ```ts
 * import { deleteNetworks } from "@cni/vmconf/chain";
 *
 * const end = (containerID: string) => deleteNetworks({ containerID });
 * ```
 *
 * Source: CNI specification 1.1.0, section 3, "Deleting an attachment".
 */
export async function deleteNetworks(
  request: AttachmentRequest,
  options: ChainOptions = {},
): Promise<void> {
  await detach(createContext(options), request);
}

/**
 * Lists what {@linkcode deleteNetworks} would do. Changes nothing and runs no
 * plugin.
 *
 * @param request The container.
 * @param options Folders and limits.
 * @returns The steps, in order, and what could not be deleted.
 * @throws {VmConfError} As {@linkcode deleteNetworks} before its first change.
 *
 * @example Usage
 * ```ts
 * import { planDelete } from "@cni/vmconf/chain";
 *
 * const plan = (containerID: string) => planDelete({ containerID }).steps;
 * ```
 */
export function planDelete(
  request: AttachmentRequest,
  options: ChainOptions = {},
): ChainPlan {
  return planDetach(createContext(options), request);
}

/**
 * Checks that a container's attachments are as ADD left them.
 *
 * @param request The container.
 * @param options Folders and limits.
 * @throws {VmConfError} `not-added` if it is not attached to a network;
 * `uncertain` if neither its record nor the request names its namespace;
 * `plugin-failed` with what the plugin found, and others as
 * {@linkcode addNetworks}.
 *
 * @example Usage
 * ```ts
 * import { checkNetworks } from "@cni/vmconf/chain";
 *
 * const check = (containerID: string) => checkNetworks({ containerID });
 * ```
 *
 * Source: CNI specification 1.1.0, section 3, "Checking an attachment".
 */
export async function checkNetworks(
  request: AttachmentRequest,
  options: ChainOptions = {},
): Promise<void> {
  await check(createContext(options), request);
}

/**
 * Deletes attachments that vmconf did not complete, and those whose namespace is
 * certainly gone. If that is unknown, they are kept and reported.
 *
 * @param request The networks, and what is kept.
 * @param options Folders and limits.
 * @returns What was deleted; an event reports each attachment as well.
 * @throws {VmConfError} `uncertain` for what was kept because it may be alive,
 * `cache-failed` for records that cannot be used, and others as
 * {@linkcode addNetworks}, with all that failed; the rest has been deleted.
 * `invalid-option` or `not-added` if `keep` has no networks, or an id without a
 * record: nothing was done then.
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
): Promise<CollectedAttachment[]> {
  return await collect(createContext(options), request);
}

/**
 * Lists what {@linkcode collectGarbage} would do. Changes nothing and runs no
 * plugin.
 *
 * @param request The networks, and what is kept.
 * @param options Folders and limits.
 * @returns The steps, in order, and what would be kept because it may be alive.
 * @throws {VmConfError} As {@linkcode collectGarbage} before its first change.
 *
 * @example Usage
 * ```ts
 * import { planGarbage } from "@cni/vmconf/chain";
 *
 * const plan = async () => (await planGarbage()).steps;
 * ```
 */
export async function planGarbage(
  request: GarbageRequest = {},
  options: ChainOptions = {},
): Promise<ChainPlan> {
  return await planCollect(createContext(options), request);
}

/**
 * Lists the attachments that are recorded on this host, by vmconf or by another
 * runtime that uses libcni. Changes nothing, and waits for no lock.
 *
 * @param request Which container; unset: all.
 * @param options The cache folder.
 * @returns The attachments, and the records that cannot be used.
 * @throws {VmConfError} `not-granted`, `cache-failed`, `ffi-denied`.
 *
 * @example Usage
 * ```ts
 * import { listAttachments } from "@cni/vmconf/chain";
 *
 * const ids = () =>
 *   listAttachments().attachments.map(({ containerID }) => containerID);
 * ```
 */
export function listAttachments(
  request: { readonly containerID?: string } = {},
  options: Pick<ChainOptions, "cacheDir"> = {},
): AttachmentList {
  return listRecorded(createCacheContext(options), request);
}

/**
 * Reads the result of a container's ADD, which vmconf or Go's libcni recorded.
 *
 * @param network The network's name.
 * @param containerID The container's id.
 * @param options The cache folder.
 * @returns The results, as they were printed: one for each interface.
 * @throws {VmConfError} `not-added`, `not-granted`, `cache-failed`.
 *
 * @example Usage
 * ```ts
 * import { readCachedResults } from "@cni/vmconf/chain";
 *
 * const ofVm = (id: string) => readCachedResults("mynet", id);
 * ```
 */
export function readCachedResults(
  network: string,
  containerID: string,
  options: Pick<ChainOptions, "cacheDir"> = {},
): RawResult[] {
  return readResults(createCacheContext(options), network, containerID);
}

/** Without folders of plugins, so without permission to read them. */
function createCacheContext(options: Pick<ChainOptions, "cacheDir">): Context {
  return createContext({ binDirs: [], confDirs: [], ...options });
}

/**
 * Asks whether containers can be added to a network: whether its plugins exist, and
 * those that they run for addresses; whether they have a version in common with the
 * configuration; and, since CNI 1.1, whether they say that they are ready.
 *
 * @param network The network's name, or the network.
 * @param options Folders and limits.
 * @returns The network.
 * @throws {VmConfError} `plugin-failed` with why a plugin is not ready, and
 * others as {@linkcode addNetworks}.
 *
 * @example Usage
 * ```ts
 * import { queryNetworkStatus } from "@cni/vmconf/chain";
 *
 * const isReady = (network: string) =>
 *   queryNetworkStatus(network).then(() => true, () => false);
 * ```
 *
 * Source: CNI specification 1.1.0, section 2, "STATUS".
 */
export async function queryNetworkStatus(
  network: string | NetworkConfig,
  options: ChainOptions = {},
): Promise<ReadyNetwork> {
  return await queryStatus(createContext(options), network);
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
 * import { listNetworkNames } from "@cni/vmconf/chain";
 *
 * const names = () => listNetworkNames({ confDirs: ["/etc/cni/net.d"] });
 * ```
 */
export function listNetworkNames(options: ChainOptions = {}): string[] {
  return findNetworks(createContext(options)).map(({ name }) => name);
}
