/** Deletes a container's attachments. */
import { requireVmConfError, type VmConfError } from "../errors.ts";
import { withContainerLocks } from "./state/container_locks.ts";
import { combineErrors, type Context, emitNote } from "./context.ts";
import {
  createDeletion,
  deleteAttachments,
  type Deletion,
} from "./deletion.ts";
import {
  type AttachmentRequest,
  getNetworkName,
  resolveNetnsPath,
  validateContainerID,
} from "./request.ts";
import {
  createCacheFolders,
  requireCachePermission,
} from "./state/cache_folder.ts";
import { removeUnfinishedFiles } from "./state/own_files.ts";
import { readNetnsNote } from "./state/own_netns.ts";
import { type Records, selectRecords } from "./state/records.ts";
import {
  completeNetnsPath,
  createUnrecordedDeletions,
  createUnusableDeletions,
  findRecordsElsewhere,
} from "./unrecorded.ts";

/** A failure does not keep the rest from being deleted. */
export async function detach(
  context: Context,
  request: AttachmentRequest,
): Promise<void> {
  const { containerID } = request;
  validateDetach(context, request);
  createCacheFolders(context);
  await withContainerLocks(context, request, async (context, records) => {
    removeUnfinishedFiles(context, containerID);
    const { deletions, problems } = findDeletions(context, request, records);
    const { errors } = await deleteAttachments(
      context,
      containerID,
      deletions,
      records,
    );
    const all = [...problems, ...errors];
    if (all.length > 0) throw combineErrors(all);
  });
}

export function validateDetach(
  context: Context,
  request: AttachmentRequest,
): void {
  validateContainerID(request.containerID);
  resolveNetnsPath(request);
  requireCachePermission(context);
}

/** What is deleted, and what cannot be. */
export interface Deletions {
  /** In the order of deletion. */
  readonly deletions: Deletion[];
  readonly problems: VmConfError[];
}

export function findDeletions(
  context: Context,
  request: AttachmentRequest,
  records: Records,
): Deletions {
  const deletions: Deletion[] = [];
  const problems: VmConfError[] = [];
  const collect = (find: () => Deletion[]) => {
    try {
      deletions.push(...find());
    } catch (error) {
      problems.push(requireVmConfError(error));
    }
  };
  const own = selectRecords(records, request);
  for (const record of own) {
    collect(() => [
      createDeletion(context, completeNetnsPath(context, request, record)),
    ]);
  }
  for (const unusable of records.unusable) {
    collect(() => createUnusableDeletions(context, request, unusable, records));
  }
  const known = [...own, ...deletions].map(({ networkName }) => networkName);
  const others = (request.networks ?? [])
    .filter((it) => !known.includes(getNetworkName(it)));
  if (others.length > 0) {
    collect(() => createUnrecordedDeletions(context, request, others, records));
  }
  if (deletions.length + problems.length === 0) {
    const elsewhere = findRecordsElsewhere(context, request.containerID);
    if (elsewhere !== undefined) problems.push(elsewhere);
    else if (readNetnsNote(context, request.containerID) === undefined) {
      emitNote(
        context,
        `container ${request.containerID} has no record here, so nothing was deleted`,
      );
    }
  }
  return { deletions: deletions.reverse(), problems };
}
