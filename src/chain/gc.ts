/** Deletes what crashed runs left, and attachments of VMs that are gone. */
import type { VmConfError } from "../errors.ts";
import { combineErrors, type Context } from "./context.ts";
import { deleteAttachments, type Deletion } from "./deletion.ts";
import {
  findGarbage,
  type GarbageRequest,
  listUnattachedContainers,
  validateKeep,
} from "./garbage.ts";
import { callPluginGC } from "./plugin_gc.ts";
import { removeLockFiles, withGlobalLock } from "./state/locks.ts";
import {
  createCacheFolders,
  requireCachePermission,
} from "./state/cache_folder.ts";
import { removeUnfinishedFiles } from "./state/own_files.ts";
import { readRecords } from "./state/records.ts";
import { removeUnusedNetns } from "./state/unused_netns.ts";
import { resolveNetwork } from "./plugins/find_network.ts";

/** An attachment that was deleted as garbage. */
export interface CollectedAttachment {
  /** The network's name. */
  readonly network: string;
  /** The container's id. */
  readonly containerID: string;
  /** The interface's name. */
  readonly ifName: string;
}

/** A failure does not keep the rest from being collected. */
export async function collect(
  context: Context,
  request: GarbageRequest,
): Promise<CollectedAttachment[]> {
  validateKeep(request);
  requireCachePermission(context);
  const pluginGC = (request.pluginGC ?? [])
    .map((network) => resolveNetwork(context, network));
  createCacheFolders(context);
  return await withGlobalLock(context, "exclusive", async (context) => {
    removeUnfinishedFiles(context);
    removeLockFiles(context);
    let records = readRecords(context);
    const garbage = await findGarbage(context, request, records);
    const problems: VmConfError[] = [...garbage.problems];
    const collected: CollectedAttachment[] = [];
    for (const [containerID, deletions] of garbage.byContainer) {
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
    for (const containerID of listUnattachedContainers(context, records)) {
      // Their namespaces were examined after the deletions.
      if (garbage.byContainer.has(containerID)) continue;
      problems.push(...removeUnusedNetns(context, containerID, [], records));
    }
    for (const network of pluginGC) {
      problems.push(...await callPluginGC(context, network));
    }
    if (problems.length > 0) throw combineErrors(problems);
    return collected;
  });
}

function emitCollected(
  { onEvent }: Context,
  { networkName, attachment: { containerID, ifName } }: Deletion,
): CollectedAttachment {
  const collected = { network: networkName, containerID, ifName };
  onEvent({ kind: "collected", ...collected });
  return collected;
}
