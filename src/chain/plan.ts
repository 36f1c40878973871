/** Dry runs: what an operation would do. They change nothing and run no plugin. */
import type { NetworkConfig } from "../cni/network.ts";
import { requireVmConfError, type VmConfError } from "../errors.ts";
import type { AddRequest } from "./attach.ts";
import type { CniCommand, Context } from "./context.ts";
import { type Deletion, resolveDeletionNetwork } from "./deletion.ts";
import { findDeletions, validateDetach } from "./detach.ts";
import { checkAddPreconditions } from "./add_preconditions.ts";
import {
  findGarbage,
  type GarbageRequest,
  listUnattachedContainers,
  validateKeep,
} from "./garbage.ts";
import { requirePlugins } from "./plugins/find_plugin.ts";
import { resolveAttachments, resolveNetwork } from "./plugins/find_network.ts";
import {
  type Attachment,
  type AttachmentRequest,
  resolveNetnsPath,
} from "./request.ts";
import { requireCachePermission } from "./state/cache_folder.ts";
import {
  buildRecordName,
  excludeRecords,
  readRecords,
  type Records,
} from "./state/records.ts";
import { findUnusedNetns } from "./state/unused_netns.ts";

/** One step of an operation. */
export type ChainStep =
  | {
    /** A plugin is run. */
    readonly step: "run";
    readonly command: CniCommand;
    /** The plugin's name. */
    readonly plugin: string;
    /** The network's name. */
    readonly network: string;
    readonly containerID?: string;
    readonly ifName?: string;
    /** The namespace that the plugin is given; empty if it is gone. */
    readonly netNSPath?: string;
  }
  | {
    /** A namespace is made, or one that vmconf made is removed. */
    readonly step: "create-netns" | "remove-netns";
    readonly netNSPath: string;
  }
  | {
    /** A record is written or removed. */
    readonly step: "write-record" | "remove-record";
    /** The name of its file. */
    readonly file: string;
  };

/** What an operation would do, and what it could not. */
export interface ChainPlan {
  /** The steps, in order. */
  readonly steps: ChainStep[];
  /** What would be left as it is, and why. */
  readonly problems: VmConfError[];
}

export function planAttach(
  context: Context,
  request: AddRequest,
): ChainStep[] {
  const attachments = resolveAttachments(context, request);
  for (const { network } of attachments) requirePlugins(context, network);
  const records = readRecords(context);
  const preparation = checkAddPreconditions(
    context,
    request,
    attachments,
    records,
  );
  const netNSPath = resolveNetnsPath(request);
  return [
    ...preparation.leftovers.toReversed()
      .flatMap(({ deletion }) => listDeletionSteps(context, deletion)),
    ...preparation.createsNetns
      ? [{ step: "create-netns", netNSPath } as const]
      : [],
    ...attachments.flatMap(({ network, attachment }): ChainStep[] => [
      { step: "write-record", file: buildRecordName(network.name, attachment) },
      ...listRunSteps("ADD", network, attachment),
    ]),
  ];
}

export function planDetach(
  context: Context,
  request: AttachmentRequest,
): ChainPlan {
  validateDetach(context, request);
  const records = readRecords(context);
  const found = findDeletions(context, request, records);
  const { deletions } = found;
  const plan = planDeletions(context, deletions);
  const paths = deletions.map(({ attachment }) => attachment.netNSPath);
  const left = excludeRecords(records, deletions);
  const removals = planNetnsRemovals(context, request.containerID, paths, left);
  return {
    steps: [...plan.steps, ...removals.steps],
    problems: [...found.problems, ...plan.problems, ...removals.problems],
  };
}

export async function planCollect(
  context: Context,
  request: GarbageRequest,
): Promise<ChainPlan> {
  validateKeep(request);
  requireCachePermission(context);
  const records = readRecords(context);
  const garbage = await findGarbage(context, request, records);
  const deletions = [...garbage.byContainer.values()].flat();
  const left = excludeRecords(records, deletions);
  const containerIDs = new Set([
    ...garbage.byContainer.keys(),
    ...listUnattachedContainers(context, records),
  ]);
  const plans = [
    planDeletions(context, deletions),
    ...[...containerIDs].map((containerID) =>
      planNetnsRemovals(context, containerID, [], left)
    ),
  ];
  const gcSteps = (request.pluginGC ?? []).flatMap((network) =>
    listRunSteps("GC", resolveNetwork(context, network))
  );
  return {
    steps: [...plans.flatMap(({ steps }) => steps), ...gcSteps],
    problems: [
      ...garbage.problems,
      ...plans.flatMap(({ problems }) => problems),
    ],
  };
}

function planDeletions(
  context: Context,
  deletions: readonly Deletion[],
): ChainPlan {
  const plan: ChainPlan = { steps: [], problems: [] };
  for (const deletion of deletions) {
    try {
      plan.steps.push(...listDeletionSteps(context, deletion));
    } catch (error) {
      plan.problems.push(requireVmConfError(error));
    }
  }
  return plan;
}

function listDeletionSteps(context: Context, deletion: Deletion): ChainStep[] {
  const { networkName, attachment, fileName } = deletion;
  const { plugins } = resolveDeletionNetwork(context, deletion);
  const network = { name: networkName, plugins: plugins.toReversed() };
  return [
    ...listRunSteps("DEL", network, attachment),
    { step: "remove-record", file: fileName },
  ];
}

function planNetnsRemovals(
  context: Context,
  containerID: string,
  paths: readonly string[],
  records: Records,
): ChainPlan {
  const found = findUnusedNetns(context, containerID, paths, records);
  return {
    steps: found.unused.map(({ netNSPath }) => ({
      step: "remove-netns",
      netNSPath,
    })),
    problems: found.errors,
  };
}

function listRunSteps(
  command: CniCommand,
  { name, plugins }: Pick<NetworkConfig, "name" | "plugins">,
  attachment?: Attachment,
): ChainStep[] {
  return plugins.map(({ type }) => ({
    step: "run",
    command,
    plugin: type,
    network: name,
    ...attachment && {
      containerID: attachment.containerID,
      ifName: attachment.ifName,
      netNSPath: attachment.netNSPath,
    },
  }));
}
