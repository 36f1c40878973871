/** How one attachment is deleted. */
import type { NetworkConfig } from "../cni/network.ts";
import { hasFeature, type Version } from "../cni/versions.ts";
import { requireVmConfError, type VmConfError } from "../errors.ts";
import {
  combineErrors,
  type Context,
  emitNote,
  throwIfInterrupted,
} from "./context.ts";
import { callPlugin } from "./plugins/call.ts";
import { findNetwork, parseRecordedNetwork } from "./plugins/find_network.ts";
import { findPlugin } from "./plugins/find_plugin.ts";
import { convertResult, type RawResult } from "./plugins/result.ts";
import { resolveVersion } from "./plugins/versions.ts";
import type { Attachment } from "./request.ts";
import { isNetnsReplaced } from "./state/netns_liveness.ts";
import {
  type AttachmentRecord,
  buildRecordName,
  excludeRecords,
  markIncomplete,
  type Records,
  removeRecord,
} from "./state/records.ts";
import { removeUnusedNetns } from "./state/unused_netns.ts";

/** An attachment that is to be deleted. */
export interface Deletion {
  readonly networkName: string;
  /** Its `netNSPath` is empty if the path now belongs to something else. */
  readonly attachment: Attachment;
  /** The name of the record's file, which is removed last. */
  readonly fileName: string;
  /** The record, if there is one that can be used. */
  readonly record?: AttachmentRecord;
  /** Today's configuration of the network, if it was looked up. */
  readonly network?: NetworkConfig;
  /** The result of ADD, if it is known. */
  readonly result?: RawResult;
}

/** How to delete an attachment that has a record. */
export function createDeletion(
  context: Context,
  record: AttachmentRecord,
): Deletion {
  const { networkName, fileName, result } = record;
  const attachment = dropReplacedNetns(context, record);
  return { networkName, attachment, fileName, record, result };
}

/** Plugins must not see a namespace that belongs to somebody else now. */
function dropReplacedNetns(
  context: Context,
  { attachment, proof }: AttachmentRecord,
): Attachment {
  const { netNSPath } = attachment;
  const isUsable = netNSPath === "" ||
    !isNetnsReplaced(context, netNSPath, proof);
  return isUsable ? attachment : { ...attachment, netNSPath: "" };
}

/** How to delete an attachment that has no usable record. */
export function createRecordlessDeletion(
  network: NetworkConfig,
  attachment: Attachment,
  known: { readonly fileName?: string; readonly result?: RawResult } = {},
): Deletion {
  return {
    networkName: network.name,
    attachment,
    fileName: buildRecordName(network.name, attachment),
    network,
    ...known,
  };
}

/**
 * Calls every plugin with DEL, in reverse order, and then removes the record. Uses
 * the network's recorded configuration; if that fails, today's configuration.
 *
 * Source: CNI specification 1.1.0, section 3, "Deleting an attachment".
 */
export async function deleteAttachment(
  context: Context,
  deletion: Deletion,
): Promise<void> {
  await callPlugins(context, deletion);
  removeRecord(context, deletion.fileName);
}

async function callPlugins(
  context: Context,
  deletion: Deletion,
): Promise<void> {
  const { record, networkName } = deletion;
  const errors: VmConfError[] = [];
  let triedText: string | undefined;
  if (record !== undefined) {
    try {
      const recorded = parseRecordedNetwork(context, record);
      triedText = recorded.text;
      return await callPluginsOf(context, recorded, deletion);
    } catch (error) {
      const failure = requireVmConfError(error);
      if (failure.code === "interrupted") throw failure;
      errors.push(failure);
    }
  }
  try {
    const today = deletion.network ?? findNetwork(context, networkName);
    if (today.text !== triedText) {
      return await callPluginsOf(context, today, deletion);
    }
  } catch (error) {
    errors.push(requireVmConfError(error));
  }
  throw combineErrors(errors);
}

async function callPluginsOf(
  context: Context,
  network: NetworkConfig,
  { record, attachment, result }: Deletion,
): Promise<void> {
  for (const plugin of network.plugins) findPlugin(context, plugin);
  const cniVersion = await resolveVersion(context, network, record);
  throwIfInterrupted(context);
  if (record?.isOurs && record.isComplete) markIncomplete(context, record);
  const { plugins } = network;
  await callDel(context, { network, attachment, cniVersion, plugins, result });
}

/** Plugins that are called with DEL. */
export interface DelCall {
  readonly network: NetworkConfig;
  readonly attachment: Attachment;
  readonly cniVersion: Version;
  /** The plugins, in the order of ADD. */
  readonly plugins: NetworkConfig["plugins"];
  readonly result?: RawResult;
}

/** Calls plugins with DEL, in reverse order. */
export async function callDel(
  context: Context,
  { network, attachment, cniVersion, plugins, result }: DelCall,
): Promise<void> {
  const prevResult = convertPrevResult(context, cniVersion, result);
  for (const plugin of plugins.toReversed()) {
    await callPlugin(context, {
      command: "DEL",
      network,
      plugin,
      attachment,
      cniVersion,
      prevResult,
    });
  }
}

function convertPrevResult(
  context: Context,
  cniVersion: Version,
  result: RawResult | undefined,
): RawResult | undefined {
  if (result === undefined || !hasFeature(cniVersion, "prevResult of DEL")) {
    return undefined;
  }
  try {
    return convertResult(result, cniVersion);
  } catch (error) {
    const { message } = requireVmConfError(error);
    emitNote(
      context,
      `the recorded result cannot be used, so plugins delete without it: ${message}`,
    );
    return undefined;
  }
}

/** The network whose plugins a deletion calls first. */
export function resolveDeletionNetwork(
  context: Context,
  { record, network, networkName }: Deletion,
): NetworkConfig {
  try {
    if (record !== undefined) return parseRecordedNetwork(context, record);
  } catch (error) {
    // As with deletion, today's configuration is used instead.
    requireVmConfError(error);
  }
  return network ?? findNetwork(context, networkName);
}

/** What deletions did. */
export interface DeletionOutcome {
  readonly deleted: readonly Deletion[];
  /** What failed still has its record, so that it can be tried again. */
  readonly errors: readonly VmConfError[];
  /** The records that are left. */
  readonly records: Records;
}

/**
 * Deletes attachments of a container, and the unused namespaces that vmconf made.
 * A failure does not stop the others.
 */
export async function deleteAttachments(
  context: Context,
  containerID: string,
  deletions: readonly Deletion[],
  records: Records,
): Promise<DeletionOutcome> {
  const deleted: Deletion[] = [];
  const errors: VmConfError[] = [];
  for (const deletion of deletions) {
    try {
      await deleteAttachment(context, deletion);
      deleted.push(deletion);
    } catch (error) {
      const failure = requireVmConfError(error);
      errors.push(failure);
      if (failure.code === "interrupted") break;
    }
  }
  const left = excludeRecords(records, deleted);
  const paths = deletions.map(({ attachment }) => attachment.netNSPath);
  errors.push(...removeUnusedNetns(context, containerID, paths, left));
  return { deleted, errors, records: left };
}
