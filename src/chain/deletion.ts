/** How one attachment is deleted. */
import type { NetworkConfig } from "../cni/network.ts";
import { hasFeature, isVersion, type Version } from "../cni/versions.ts";
import { VmConfError } from "../errors.ts";
import { callPlugin, convertResult, type RawResult } from "./plugins/call.ts";
import {
  catchFailure,
  type ChainPlan,
  type ChainStep,
  combineErrors,
  type Context,
  emitNote,
  throwIfInterrupted,
} from "./context.ts";
import {
  findNetwork,
  findPlugin,
  parseRecordedNetwork,
} from "./plugins/find.ts";
import { isNetnsReplaced } from "./state/netns.ts";
import {
  type AttachmentRecord,
  buildRecordName,
  decodeConfig,
  excludeRecords,
  markUnfinished,
  type Records,
  removeRecord,
} from "./state/records.ts";
import type { Attachment } from "./request.ts";
import { removeUnusedNetns } from "./state/unused_netns.ts";
import { negotiateVersion } from "./plugins/versions.ts";

/** An attachment that is to be deleted. */
export interface Deletion {
  /** Its record, if it has one of use. */
  readonly record?: AttachmentRecord;
  readonly networkName: string;
  /** By its namespace, unless something else is at the path by now. */
  readonly attachment: Attachment;
  /** The network as it was when the container was added to it: JSON as base64. */
  readonly config?: string;
  /** Whether it has all plugins, those too from the network's folder. */
  readonly isWhole: boolean;
  /** The network as it is configured today, if it was looked up. */
  readonly network?: NetworkConfig;
  readonly cniVersion?: string;
  /** The result of ADD, if it is known. */
  readonly result?: RawResult;
  /** The name of the record's file, which goes at last. */
  readonly fileName: string;
}

/** How an attachment is deleted that has a record. */
export function createDeletion(
  context: Context,
  record: AttachmentRecord,
): Deletion {
  const { networkName, config, isOurs, cniVersion } = record;
  const { result, fileName } = record;
  return {
    record,
    networkName,
    attachment: dropReplacedNetns(context, record),
    config,
    isWhole: isOurs,
    cniVersion,
    result,
    fileName,
  };
}

/** Plugins must not meet a namespace that is another's by now. */
function dropReplacedNetns(
  context: Context,
  record: AttachmentRecord,
): Attachment {
  const { attachment, proof } = record;
  const { netNSPath } = attachment;
  const isUsable = netNSPath === "" ||
    !isNetnsReplaced(context, { netNSPath, proof });
  return isUsable ? attachment : { ...attachment, netNSPath: "" };
}

/** How an attachment is deleted that has no record of use. */
export function createRecordlessDeletion(
  network: NetworkConfig,
  attachment: Attachment,
  known: { readonly fileName?: string; readonly result?: RawResult } = {},
): Deletion {
  return {
    networkName: network.name,
    attachment,
    isWhole: true,
    network,
    result: known.result,
    fileName: known.fileName ?? buildRecordName(network.name, attachment),
  };
}

/**
 * Deletes an attachment: every plugin with DEL, in reverse order, and then its
 * record. The network is taken as it was recorded; if that fails, as it is
 * configured today.
 *
 * Source: CNI specification 1.1.0, section 3, "Deleting an attachment".
 */
export async function deleteAttachment(
  context: Context,
  deletion: Deletion,
): Promise<void> {
  await runPlugins(context, deletion);
  removeRecord(context, deletion.fileName);
}

async function runPlugins(context: Context, deletion: Deletion): Promise<void> {
  const errors: VmConfError[] = [];
  const recorded = networkRecorded(context, deletion);
  if (recorded instanceof VmConfError) errors.push(recorded);
  else if (recorded !== undefined) {
    const failure = await catchFailure(() =>
      deleteFrom(context, recorded, deletion)
    );
    if (failure === undefined) return;
    if (failure.code === "interrupted") throw failure;
    errors.push(failure);
  }
  const today = deletion.network ??
    await catchFailure(() => findNetwork(context, deletion.networkName));
  if (today instanceof VmConfError) throw combineErrors([...errors, today]);
  const isSame = !(recorded instanceof VmConfError) &&
    recorded?.text === today.text;
  if (isSame) throw combineErrors(errors);
  const failure = await catchFailure(() =>
    deleteFrom(context, today, deletion)
  );
  if (failure !== undefined) throw combineErrors([...errors, failure]);
}

function networkRecorded(
  context: Context,
  { config, isWhole, networkName }: Deletion,
): NetworkConfig | VmConfError | undefined {
  if (config === undefined) return undefined;
  try {
    const text = decodeConfig({ config });
    return parseRecordedNetwork(context, {
      config: text,
      isWhole,
      networkName,
    });
  } catch (error) {
    if (error instanceof VmConfError) return error;
    throw error;
  }
}

async function deleteFrom(
  context: Context,
  network: NetworkConfig,
  { record, attachment, cniVersion, result }: Deletion,
): Promise<undefined> {
  for (const plugin of network.plugins) findPlugin(context, plugin);
  const version = cniVersion !== undefined && isVersion(cniVersion) &&
      network.cniVersions.includes(cniVersion)
    ? cniVersion
    : await negotiateVersion(context, network);
  throwIfInterrupted(context);
  if (record?.isOurs && record.isComplete) markUnfinished(context, record);
  await callDel(context, {
    network,
    attachment,
    cniVersion: version,
    plugins: network.plugins,
    result,
  });
}

/** Plugins that are to be called with DEL. */
export interface DeleteCall {
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
  { network, attachment, cniVersion, plugins, result }: DeleteCall,
): Promise<void> {
  const prevResult = convertPrevResult(context, cniVersion, result);
  const insertions = { cniVersion, prevResult };
  for (const plugin of plugins.toReversed()) {
    await callPlugin(context, {
      command: "DEL",
      network,
      plugin,
      attachment,
      insertions,
    });
  }
}

/** Before 0.4.0 a plugin was not given a result to delete by. */
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
    if (!(error instanceof VmConfError)) throw error;
    emitNote(
      context,
      `the recorded result cannot be used, so plugins delete without it: ${error.message}`,
    );
    return undefined;
  }
}

/** What deletions do. */
export function planDeletions(
  context: Context,
  deletions: readonly Deletion[],
): ChainPlan {
  const plan: ChainPlan = { steps: [], problems: [] };
  for (const deletion of deletions) {
    try {
      plan.steps.push(...listDeletionSteps(context, deletion));
    } catch (error) {
      if (!(error instanceof VmConfError)) throw error;
      plan.problems.push(error);
    }
  }
  return plan;
}

/** What a deletion does. */
export function listDeletionSteps(
  context: Context,
  deletion: Deletion,
): ChainStep[] {
  const { networkName, attachment, fileName } = deletion;
  const { containerID, ifName, netNSPath } = attachment;
  const recorded = networkRecorded(context, deletion);
  const network = recorded === undefined || recorded instanceof VmConfError
    ? deletion.network ?? findNetwork(context, networkName)
    : recorded;
  return [
    ...network.plugins.toReversed().map((plugin): ChainStep => ({
      step: "run",
      command: "DEL",
      plugin: plugin.type,
      network: networkName,
      containerID,
      ifName,
      netNSPath,
    })),
    { step: "remove-record", file: fileName },
  ];
}

/** What has become of deletions. */
export interface DeletionOutcome {
  /** What was deleted. */
  readonly deleted: readonly Deletion[];
  /** What failed; that still has its record, so that it can be tried again. */
  readonly errors: readonly VmConfError[];
  /** The records that are left. */
  readonly records: Records;
}

/**
 * Deletes attachments, each whatever becomes of the others, and the namespaces
 * that were made here and that nothing uses any more.
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
    const failure = await catchFailure(() =>
      deleteAttachment(context, deletion)
    );
    if (failure === undefined) deleted.push(deletion);
    else errors.push(failure);
    if (failure?.code === "interrupted") break;
  }
  const left = excludeRecords(records, deleted);
  const paths = deletions.map(({ attachment }) => attachment.netNSPath);
  errors.push(...removeUnusedNetns(context, containerID, paths, left));
  return { deleted, errors, records: left };
}
