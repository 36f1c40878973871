/** Adds a container to networks. */
import type { NetworkConfig } from "../cni/network.ts";
import type { CniResult } from "../cni/result.ts";
import type { Version } from "../cni/versions.ts";
import { requireVmConfError, rewordError, VmConfError } from "../errors.ts";
import { withContainerLocks } from "./state/container_locks.ts";
import { combineErrors, type Context, emitNote } from "./context.ts";
import { callDel, deleteAttachment } from "./deletion.ts";
import {
  type AddPreparation,
  checkAddPreconditions,
} from "./add_preconditions.ts";
import { callAdd } from "./plugins/call.ts";
import { requirePlugins } from "./plugins/find_plugin.ts";
import type { PluginResult, RawResult } from "./plugins/result.ts";
import { negotiateVersion } from "./plugins/versions.ts";
import { resolveAttachments } from "./plugins/find_network.ts";
import {
  type AttachmentRequest,
  type RequestedAttachment,
  resolveNetnsPath,
} from "./request.ts";
import { withLocks } from "./state/locks.ts";
import {
  listNetnsLocks,
  type NetnsProof,
  readNetnsProof,
} from "./state/netns_liveness.ts";
import {
  createCacheFolders,
  requireCachePermission,
} from "./state/cache_folder.ts";
import { removeUnfinishedFiles } from "./state/own_files.ts";
import { createOwnNetns, removeOwnNetns } from "./state/own_netns.ts";
import {
  createRecord,
  markIncomplete,
  readRecords,
  type RecordContent,
  removeRecord,
  writeRecord,
} from "./state/records.ts";
import { removeUnusedNetns } from "./state/unused_netns.ts";

/** A container, the networks that it is added to, and what may be replaced. */
export interface AddRequest extends AttachmentRequest {
  /** Networks by name, or as they are. */
  readonly networks: readonly (string | NetworkConfig)[];
  /**
   * Whether to delete an attachment that is complete and alive, and to add it
   * again; `"force"`: even if a running VM has its tap open and loses its network.
   */
  readonly replace?: boolean | "force";
  /** Whether to go on if leftovers of an earlier run cannot be deleted. */
  readonly ignoreLeftovers?: boolean;
  /**
   * Is called with the networks while the locks are held. If it throws, the
   * networks are deleted again, and its error is thrown.
   */
  readonly accept?: (added: readonly AddedNetwork[]) => void | Promise<void>;
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
  readonly result: CniResult;
  /** The same, as the plugin printed it. */
  readonly raw: RawResult;
}

/** Checks everything before the first change. A failure undoes this run only. */
export async function attach(
  context: Context,
  request: AddRequest,
): Promise<AddedNetwork[]> {
  const attachments = await validateRequest(context, request);
  return await withContainerLocks(
    context,
    request,
    async (context, records) => {
      removeUnfinishedFiles(context, request.containerID);
      const preparation = checkAddPreconditions(
        context,
        request,
        attachments,
        records,
      );
      const undeleted = await deleteLeftovers(context, request, preparation);
      removeStaleNetns(context, preparation);
      return await runPlugins(context, {
        request,
        attachments,
        createsNetns: preparation.createsNetns,
        undeleted,
        started: [],
      });
    },
  );
}

/** An attachment, and the version that its plugins speak. */
interface VersionedAttachment extends RequestedAttachment {
  readonly cniVersion: Version;
}

/** Everything that can be checked without looking at the namespace and records. */
async function validateRequest(
  context: Context,
  request: AddRequest,
): Promise<VersionedAttachment[]> {
  const requested = resolveAttachments(context, request);
  requireCachePermission(context);
  for (const { network } of requested) requirePlugins(context, network);
  // The versions that plugins speak are remembered there.
  createCacheFolders(context);
  const attachments: VersionedAttachment[] = [];
  for (const it of requested) {
    const cniVersion = await negotiateVersion(context, it.network);
    attachments.push({ ...it, cniVersion });
  }
  return attachments;
}

/** Returns the files of the records whose attachments could not be deleted. */
async function deleteLeftovers(
  context: Context,
  { ignoreLeftovers = false }: AddRequest,
  { leftovers }: AddPreparation,
): Promise<string[]> {
  const undeleted: string[] = [];
  for (const { deletion, mayFail } of leftovers.toReversed()) {
    try {
      await deleteAttachment(context, deletion);
    } catch (error) {
      const failure = requireVmConfError(error);
      // The words of firecracker-go-sdk, which stops here as well.
      const message =
        `failed to delete pre-existing CNI network: ${failure.message}`;
      const isIgnored = (mayFail || ignoreLeftovers) &&
        failure.code !== "interrupted";
      if (!isIgnored) {
        const hint =
          "To add the network nevertheless: --ignore-leftovers (in code: ignoreLeftovers).";
        throw rewordError(failure, message, joinSentences(failure.hint, hint));
      }
      emitNote(context, message);
      undeleted.push(deletion.fileName);
    }
  }
  return undeleted;
}

/** The namespace is gone; what else is at its path is kept. */
function removeStaleNetns(
  context: Context,
  { staleNote }: AddPreparation,
): void {
  if (staleNote === undefined) return;
  try {
    removeOwnNetns(context, staleNote);
  } catch (error) {
    const failure = requireVmConfError(error);
    if (failure.code !== "in-use") throw failure;
    emitNote(context, failure.message);
  }
}

function joinSentences(...sentences: (string | undefined)[]): string {
  return sentences.filter(Boolean).join(" ");
}

/** What one run does, and what it has done. */
interface Run {
  readonly request: AddRequest;
  readonly attachments: readonly VersionedAttachment[];
  readonly createsNetns: boolean;
  /** Files of records that still stand for what an earlier run left. */
  readonly undeleted: readonly string[];
  /** The attachments that plugins were called for. */
  readonly started: StartedAttachment[];
}

interface StartedAttachment {
  readonly network: NetworkConfig;
  readonly cniVersion: Version;
  record: RecordContent;
  /** How many plugins were called. */
  pluginCount: number;
}

async function runPlugins(context: Context, run: Run): Promise<AddedNetwork[]> {
  const { request, createsNetns } = run;
  const path = resolveNetnsPath(request);
  let isAdded = false;
  const addAll = async (context: Context, proof: NetnsProof) => {
    const added: AddedNetwork[] = [];
    for (const attachment of run.attachments) {
      added.push(await addOne(context, run, attachment, proof));
    }
    isAdded = true;
    await request.accept?.(added);
    return added;
  };
  try {
    if (!createsNetns) {
      return await addAll(context, readNetnsProof(context, path));
    }
    const { proof } = await createOwnNetns(context, request.containerID, path);
    // The lock by path is held. Nobody else can hold the one by inode: it is new.
    const [, ...byInode] = listNetnsLocks(context, [path]);
    return await withLocks(
      context,
      byInode,
      (context) => addAll(context, proof),
    );
  } catch (error) {
    const failures = await undo(context, run);
    if (!(error instanceof VmConfError)) throw error;
    const outcome = failures.length > 0
      ? `Undoing it failed too, so something may be left: ${
        combineErrors(failures).message.replaceAll("\n", "; ")
      }. \`vmconf del --id ${request.containerID}\` tries again.`
      : isAdded
      ? "The network was deleted again."
      : "vmconf undid its changes.";
    const hint = joinSentences(error.hint, outcome);
    throw rewordError(error, error.message, hint);
  }
}

/** Writes the record before the first plugin, and again after each plugin. */
async function addOne(
  context: Context,
  { started, undeleted }: Run,
  { network, attachment, cniVersion }: VersionedAttachment,
  proof: NetnsProof,
): Promise<AddedNetwork> {
  const record = createRecord(network, attachment, cniVersion, proof);
  writeRecord(context, record, !undeleted.includes(record.fileName));
  const current: StartedAttachment = {
    network,
    cniVersion,
    record,
    pluginCount: 0,
  };
  started.push(current);
  let last: PluginResult | undefined;
  for (const plugin of network.plugins) {
    current.pluginCount++;
    const prevResult = last?.raw;
    const call = { network, plugin, attachment, cniVersion, prevResult };
    last = await callAdd(context, call);
    const isComplete = current.pluginCount === network.plugins.length;
    // Undoing needs the result even if it cannot be written.
    current.record = { ...record, isComplete, result: last.raw };
    writeRecord(context, current.record);
  }
  if (last === undefined) {
    throw new VmConfError(
      "invalid-network",
      "network.plugins: expected at least one plugin, found none",
      { path: "network.plugins" },
    );
  }
  const { ifName, netNSPath } = attachment;
  return { network: network.name, ifName, netNSPath, ...last };
}

/** Calls only plugins that this run called. Returns what failed. */
async function undo(
  context: Context,
  { request, createsNetns, undeleted, started }: Run,
): Promise<VmConfError[]> {
  // The caller's signal does not stop undoing.
  const unstoppable = { ...context, signal: undefined };
  const failures: VmConfError[] = [];
  for (const it of started.toReversed()) {
    try {
      await undoOne(unstoppable, it, undeleted);
    } catch (error) {
      failures.push(requireVmConfError(error));
    }
  }
  if (createsNetns) {
    try {
      const records = readRecords(unstoppable);
      failures.push(
        ...removeUnusedNetns(unstoppable, request.containerID, [], records),
      );
    } catch (error) {
      failures.push(requireVmConfError(error));
    }
  }
  return failures;
}

async function undoOne(
  context: Context,
  { network, cniVersion, record, pluginCount }: StartedAttachment,
  undeleted: readonly string[],
): Promise<void> {
  if (record.isComplete) markIncomplete(context, record);
  await callDel(context, {
    network,
    attachment: record.attachment,
    cniVersion,
    plugins: network.plugins.slice(0, pluginCount),
    result: record.result,
  });
  if (!undeleted.includes(record.fileName)) {
    removeRecord(context, record.fileName);
  }
}
