/** What is garbage: attachments of crashed runs, and of VMs that are gone. */
import type { NetworkConfig } from "../cni/network.ts";
import { hasFeature } from "../cni/versions.ts";
import { quote, VmConfError } from "../errors.ts";
import { listLinksAt } from "../linux/links.ts";
import { readBootTime } from "../linux/proc.ts";
import { callPlugin } from "./plugins/call.ts";
import {
  catchFailure,
  type ChainOptions,
  type ChainPlan,
  type ChainStep,
  combineErrors,
  type Context,
  createContext,
  emitNote,
} from "./context.ts";
import {
  createDeletion,
  deleteAttachments,
  type Deletion,
  planDeletions,
} from "./deletion.ts";
import { removeLockFiles, withExclusiveLock } from "./state/locks.ts";
import {
  createCacheFolders,
  removeUnfinishedFiles,
  requireCachePermission,
} from "./state/own_files.ts";
import { listNotedContainers } from "./state/own_netns.ts";
import {
  type AttachmentRecord,
  checkRecordLiveness,
  excludeRecords,
  readNestedRecords,
  readRecords,
  type Records,
  unusableRecordError,
} from "./state/records.ts";
import { getNetworkName, resolveNetwork } from "./request.ts";
import { findUnusedNetns, removeUnusedNetns } from "./state/unused_netns.ts";
import { negotiateVersion } from "./plugins/versions.ts";

/** Attachments that are to stay. */
export interface KeptAttachment {
  /** The container's id. */
  readonly containerID: string;
  /** The interface; unset: all of the container's. */
  readonly ifName?: string;
}

/** An attachment that was deleted as garbage. */
export interface CollectedAttachment {
  /** The network's name. */
  readonly network: string;
  /** The container's id. */
  readonly containerID: string;
  /** The interface's name. */
  readonly ifName: string;
}

/** What {@linkcode collectGarbage} is asked for. */
export interface GarbageRequest {
  /** Networks by name, or as they are; unset: all. */
  readonly networks?: readonly (string | NetworkConfig)[];
  /**
   * The attachments that are to stay: all others that vmconf added to `networks`,
   * which have to be given, are deleted, even if they are alive. Unset: what is
   * alive stays.
   */
  readonly keep?: readonly KeptAttachment[];
  /**
   * Whether attachments that other runtimes recorded are deleted too if their
   * namespace is certainly gone.
   */
  readonly all?: boolean;
  /**
   * Networks whose plugins are called with GC: they free whatever belongs to no
   * attachment in this cache folder or in one below it. If another runtime has
   * attachments of the network that are recorded elsewhere, it loses them.
   */
  readonly pluginGC?: readonly (string | NetworkConfig)[];
}

/**
 * Deletes attachments that are of no use: those that vmconf did not complete, and
 * those whose namespace is certainly gone. What nobody can tell is kept, and told.
 *
 * @param request The networks, and what is to stay.
 * @param options Folders and limits.
 * @returns What was deleted; an event tells of each as well.
 * @throws {VmConfError} `uncertain` for what was kept because nobody can tell,
 * `cache-failed` for records that cannot be used, and others as
 * {@linkcode addNetworks}, with all that failed; the rest has been deleted.
 * `invalid-option` or `not-added` if `keep` has no networks, or an id that is not
 * recorded: nothing was done then.
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

/** Does what {@linkcode collectGarbage} does. */
export async function collect(
  context: Context,
  request: GarbageRequest,
): Promise<CollectedAttachment[]> {
  validateKeep(request);
  requireCachePermission(context);
  const pluginGC = (request.pluginGC ?? [])
    .map((network) => resolveNetwork(context, network));
  createCacheFolders(context);
  return await withExclusiveLock(context, async (context) => {
    removeUnfinishedFiles(context);
    removeLockFiles(context);
    let records = readRecords(context);
    const { garbage, problems } = await findGarbage(
      context,
      request,
      records,
    );
    const collected: CollectedAttachment[] = [];
    for (const [containerID, deletions] of garbage) {
      const outcome = await deleteAttachments(
        context,
        containerID,
        deletions,
        records,
      );
      records = outcome.records;
      problems.push(...outcome.errors);
      collected.push(
        ...outcome.deleted.map((it) => emitCollected(context, it)),
      );
    }
    const others = listUnattachedContainers(context, records)
      .filter((id) => !garbage.has(id));
    for (const containerID of others) {
      problems.push(...removeUnusedNetns(context, containerID, [], records));
    }
    for (const network of pluginGC) {
      problems.push(...await callPluginGC(context, network));
    }
    if (problems.length > 0) throw combineErrors(problems);
    return collected;
  });
}

/**
 * Tells what {@linkcode collectGarbage} would do. Changes nothing and runs no
 * plugin.
 *
 * @param request The networks, and what is to stay.
 * @param options Folders and limits.
 * @returns The steps, in order, and what would be kept because nobody can tell.
 * @throws {VmConfError} As {@linkcode collectGarbage} before it does anything.
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
  const context = createContext(options);
  validateKeep(request);
  requireCachePermission(context);
  const records = readRecords(context);
  const { garbage, problems } = await findGarbage(context, request, records);
  const deletions = [...garbage.values()].flat();
  const plan = planDeletions(context, deletions);
  problems.push(...plan.problems);
  const left = excludeRecords(records, deletions);
  const ids = new Set([
    ...garbage.keys(),
    ...listUnattachedContainers(context, records),
  ]);
  const removals = [...ids].flatMap((containerID) => {
    const found = findUnusedNetns(context, containerID, [], left);
    problems.push(...found.errors);
    return found.unused.map(({ netNSPath }): ChainStep => ({
      step: "remove-netns",
      netNSPath,
    }));
  });
  const gc = (request.pluginGC ?? []).flatMap((network) => {
    const { name, plugins } = resolveNetwork(context, network);
    return plugins.map(({ type }): ChainStep => ({
      step: "run",
      command: "GC",
      plugin: type,
      network: name,
    }));
  });
  return { steps: [...plan.steps, ...removals, ...gc], problems };
}

function validateKeep({ keep, networks }: GarbageRequest): void {
  if (keep === undefined || (networks ?? []).length > 0) return;
  throw new VmConfError(
    "invalid-option",
    "keep: expected the networks whose other attachments are to be deleted, found none",
    {
      path: "keep",
      hint:
        "Name the networks: `vmconf gc NETWORK --keep ID` (in code: networks).",
    },
  );
}

interface Garbage {
  /** By container, each in the order of deletion. */
  readonly garbage: Map<string, Deletion[]>;
  readonly problems: VmConfError[];
}

async function findGarbage(
  context: Context,
  request: GarbageRequest,
  records: Records,
): Promise<Garbage> {
  const names = request.networks?.map(getNetworkName);
  const usable = records.usable.filter(({ networkName }) =>
    names === undefined || names.includes(networkName)
  );
  for (const network of request.networks ?? []) {
    if (usable.some((it) => it.networkName === getNetworkName(network))) {
      continue;
    }
    resolveNetwork(context, network);
  }
  requireKeptRecorded(request, usable);
  const garbage = new Map<string, Deletion[]>();
  const problems = listUnusableErrors(context, records, names);
  for (const record of usable.toReversed()) {
    try {
      if (!await isGarbage(context, record, request)) continue;
      const { containerID } = record.attachment;
      const deletions = garbage.get(containerID) ?? [];
      garbage.set(containerID, [...deletions, createDeletion(context, record)]);
    } catch (error) {
      if (!(error instanceof VmConfError)) throw error;
      problems.push(error);
    }
  }
  return { garbage, problems };
}

function requireKeptRecorded(
  { keep = [], networks = [] }: GarbageRequest,
  records: readonly AttachmentRecord[],
): void {
  for (const kept of keep) {
    if (records.some((record) => isKept(record, kept))) continue;
    const { containerID, ifName } = kept;
    const known = new Set(
      records.map(({ attachment }) => attachment.containerID),
    );
    throw new VmConfError(
      "not-added",
      `keep: expected an attachment that is recorded in ${
        networks.map(getNetworkName).map(quote).join(", ")
      }, found ${
        quote(ifName === undefined ? containerID : `${containerID}:${ifName}`)
      }; nothing was deleted`,
      {
        path: "keep",
        hint: `Recorded there: ${
          [...known].map(quote).join(", ") || "nothing"
        }.`,
      },
    );
  }
}

function isKept(
  { attachment }: AttachmentRecord,
  kept: KeptAttachment,
): boolean {
  return kept.containerID === attachment.containerID &&
    (kept.ifName === undefined || kept.ifName === attachment.ifName);
}

function listUnusableErrors(
  context: Context,
  { unusable }: Records,
  names: readonly string[] | undefined,
): VmConfError[] {
  return unusable
    .filter(({ kind }) => kind !== "legacy")
    .filter(({ fileName }) =>
      names === undefined ||
      names.some((name) => fileName.startsWith(`${name}-`))
    )
    .map((it) => unusableRecordError(context, it));
}

async function isGarbage(
  context: Context,
  record: AttachmentRecord,
  { keep, all = false }: GarbageRequest,
): Promise<boolean> {
  const { isOurs, isComplete } = record;
  if (isOurs && keep !== undefined) {
    return !keep.some((kept) => isKept(record, kept));
  }
  if (!isOurs && !all) return false;
  const life = checkRecordLiveness(context, record);
  // Plugins that do not reach the namespace would only free its address.
  if (life.kind === "unknown") throw uncertainError(record, life.reason);
  if (life.kind === "alive") return isOurs && !isComplete;
  const doubt = isOurs ? undefined : await findDoubt(context, record);
  if (doubt === undefined) return true;
  throw uncertainError(record, doubt);
}

const MOST_LOOKS = 20;
const PAUSE_MS = 50;

/**
 * Why an attachment of another runtime may be alive though its path is absent: in
 * which mount namespace it was made is not recorded. What proves its end is that
 * the machine was started since, or that an interface on the host has ended with
 * the namespace of its other end, which happens a moment later.
 */
async function findDoubt(
  { system }: Context,
  { result, time }: AttachmentRecord,
): Promise<string | undefined> {
  const bootTime = readBootTime(system.kernel(TASK));
  if (bootTime !== undefined && time < bootTime) return undefined;
  const interfaces: unknown = result?.interfaces;
  const names = (Array.isArray(interfaces) ? interfaces : [])
    .filter((it) => !Object(it).sandbox).map((it) => Object(it).name);
  for (let looks = 0;; looks++) {
    const devices = listLinksAt(system.rtnl(TASK), OWN_NETNS, TASK);
    const veth = devices.find(({ name, kind }) =>
      kind === "veth" && names.includes(name)
    );
    if (veth === undefined) {
      const hasEnded = names.some((name) =>
        !devices.some((device) => device.name === name)
      );
      return hasEnded ? undefined : "no interface on the host proves its end";
    }
    if (looks === MOST_LOOKS) {
      return `the host still has its interface ${quote(veth.name)}`;
    }
    await system.pause(PAUSE_MS);
  }
}

const TASK = "failed to look for garbage";
const OWN_NETNS = "/proc/self/ns/net";

function uncertainError(
  { networkName, attachment }: AttachmentRecord,
  reason: string,
): VmConfError {
  const { containerID, netNSPath } = attachment;
  return new VmConfError(
    "uncertain",
    `Cannot tell whether container ${quote(containerID)} of network ${
      quote(networkName)
    } is alive in ${quote(netNSPath)}: ${reason}; it was kept`,
    {
      hint:
        `If it is of no use any more: \`vmconf del --id ${containerID}\` deletes it.`,
    },
  );
}

function emitCollected(
  { onEvent }: Context,
  { networkName, attachment: { containerID, ifName } }: Deletion,
): CollectedAttachment {
  const collected = { network: networkName, containerID, ifName };
  onEvent({ kind: "collected", ...collected });
  return collected;
}

/** Containers that a namespace was made for, and that have no record. */
function listUnattachedContainers(
  context: Context,
  { usable }: Records,
): string[] {
  const attached = new Set(
    usable.map(({ attachment }) => attachment.containerID),
  );
  return listNotedContainers(context)
    .filter((containerID) => !attached.has(containerID));
}

/** Whatever one plugin says, the others are called. */
async function callPluginGC(
  context: Context,
  network: NetworkConfig,
): Promise<VmConfError[]> {
  const { name } = network;
  if (network.disableGC) {
    emitNote(context, `no GC: network ${name} sets disableGC`);
    return [];
  }
  const valid = await catchFailure(() => listValidAttachments(context, name));
  if (valid instanceof VmConfError) return [valid];
  const cniVersion = await catchFailure(() =>
    negotiateVersion(context, network)
  );
  if (cniVersion instanceof VmConfError) return [cniVersion];
  if (!hasFeature(cniVersion, "GC")) {
    emitNote(
      context,
      `no GC: network ${name} is of CNI ${cniVersion}, before 1.1.0`,
    );
    return [];
  }
  const errors: VmConfError[] = [];
  for (const plugin of network.plugins) {
    const insertions = { cniVersion, validAttachments: valid };
    const call = { command: "GC", network, plugin, insertions } as const;
    const failure = await catchFailure(() => callPlugin(context, call));
    if (failure instanceof VmConfError) errors.push(failure);
  }
  return errors;
}

/** In the words of the protocol: all that is recorded, alive or not. */
function listValidAttachments(
  context: Context,
  network: string,
): { containerID: string; ifname: string }[] {
  const own = { context, records: readRecords(context) };
  return [own, ...readNestedRecords(context)].flatMap(
    ({ context, records }) => {
      const [unknown] = records.unusable;
      if (unknown !== undefined) throw unusableRecordError(context, unknown);
      return records.usable.filter(({ networkName }) => networkName === network)
        .map(({ attachment: { containerID, ifName } }) => ({
          containerID,
          ifname: ifName,
        }));
    },
  );
}
