/** Which attachments of a container are deleted. */
import { VmConfError } from "../errors.ts";
import {
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
import { withLock, withLocks, withSharedLock } from "./state/locks.ts";
import { listNetnsLocks } from "./state/netns.ts";
import {
  createCacheFolders,
  removeUnfinishedFiles,
  requireCachePermission,
} from "./state/own_files.ts";
import { readNetnsNote } from "./state/own_netns.ts";
import {
  type AttachmentRecord,
  excludeRecords,
  readRecords,
  type Records,
} from "./state/records.ts";
import {
  type AttachmentRequest,
  getNetworkName,
  resolveNetnsPath,
  validateContainerID,
} from "./request.ts";
import {
  completeNetnsPath,
  createUnrecordedDeletions,
  createUnusableDeletions,
  findRecordsElsewhere,
} from "./unrecorded.ts";
import { findUnusedNetns } from "./state/unused_netns.ts";

/**
 * Deletes a container's attachments, and its namespace if
 * {@linkcode addNetworks} made it and nothing is attached in it any more.
 *
 * What cannot be deleted does not keep the rest from being deleted. Deleting
 * what is not there is no error.
 *
 * @param request The container; networks without a record are deleted by what is
 * asked.
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

/** Does what {@linkcode deleteNetworks} does. */
export async function detach(
  context: Context,
  request: AttachmentRequest,
): Promise<void> {
  const { containerID } = request;
  checkRequest(context, request);
  createCacheFolders(context);
  const problems = await withContainerLocks(
    context,
    request,
    async (context, records) => {
      removeUnfinishedFiles(context, containerID);
      const { deletions, problems } = findDeletions(context, request, records);
      const { errors } = await deleteAttachments(
        context,
        containerID,
        deletions,
        records,
      );
      return [...problems, ...errors];
    },
  );
  if (problems.length > 0) throw combineErrors(problems);
}

/**
 * Tells what {@linkcode deleteNetworks} would do. Changes nothing and runs no
 * plugin.
 *
 * @param request The container.
 * @param options Folders and limits.
 * @returns The steps, in order, and what could not be deleted.
 * @throws {VmConfError} As {@linkcode deleteNetworks} before it does anything.
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
  const context = createContext(options);
  const { containerID } = request;
  checkRequest(context, request);
  const records = readRecords(context);
  const { deletions, problems } = findDeletions(context, request, records);
  const plan = planDeletions(context, deletions);
  const { unused, errors } = findUnusedNetns(
    context,
    containerID,
    deletions.map(({ attachment }) => attachment.netNSPath),
    excludeRecords(records, deletions),
  );
  return {
    steps: [
      ...plan.steps,
      ...unused.map(({ netNSPath }): ChainStep => ({
        step: "remove-netns",
        netNSPath,
      })),
    ],
    problems: [...problems, ...plan.problems, ...errors],
  };
}

function checkRequest(context: Context, request: AttachmentRequest): void {
  validateContainerID(request.containerID);
  resolveNetnsPath(request);
  requireCachePermission(context);
}

/**
 * Does something with a container while nobody else does anything with it, nor
 * with the namespaces that it is attached in.
 */
export async function withContainerLocks<T>(
  context: Context,
  request: AttachmentRequest,
  act: (context: Context, records: Records) => Promise<T>,
): Promise<T> {
  const { containerID } = request;
  const isNamed = (name: string) => name.includes(`-${containerID}-`);
  return await withSharedLock(
    context,
    (context) =>
      withLock(context, containerID, async (context) => {
        let names = listOwnNetnsLocks(
          context,
          request,
          readRecords(context, isNamed),
        );
        while (true) {
          const done = await withLocks(context, names, async (context) => {
            const records = readRecords(context);
            // A record's file may have any name.
            const needed = listOwnNetnsLocks(context, request, records);
            const isHeld = needed.every((name) => names.includes(name));
            if (isHeld) return { value: await act(context, records) };
            names = needed;
          });
          if (done !== undefined) return done.value;
        }
      }),
  );
}

function listOwnNetnsLocks(
  context: Context,
  request: AttachmentRequest,
  records: Records,
): string[] {
  const made = readNetnsNote(context, request.containerID);
  const isProven = made !== undefined && !(made instanceof VmConfError);
  return listNetnsLocks(context, [
    ...selectRecords(records, request).map(({ attachment }) =>
      attachment.netNSPath
    ),
    resolveNetnsPath(request),
    ...isProven ? [made.netNSPath] : [],
  ]);
}

/** The records of a container that are meant. */
export function selectRecords(
  { usable }: Records,
  { containerID, networks, ifNames }: AttachmentRequest,
): AttachmentRecord[] {
  const names = networks?.map(getNetworkName);
  return usable.filter(({ networkName, attachment }) =>
    attachment.containerID === containerID &&
    (names === undefined || names.includes(networkName)) &&
    (ifNames === undefined || ifNames.includes(attachment.ifName))
  );
}

interface Deletions {
  /** In the order of deletion. */
  readonly deletions: Deletion[];
  /** What cannot be deleted, and why. */
  readonly problems: VmConfError[];
}

function findDeletions(
  context: Context,
  request: AttachmentRequest,
  records: Records,
): Deletions {
  const own = selectRecords(records, request);
  const parts = [
    ...own.map((record) =>
      attempt(
        () => [
          createDeletion(context, completeNetnsPath(context, request, record)),
        ],
      )
    ),
    ...records.unusable.map((it) =>
      attempt(() => createUnusableDeletions(context, request, it, records))
    ),
  ];
  const known = new Set([
    ...own.map(({ networkName }) => networkName),
    ...parts.flatMap(({ deletions }) =>
      deletions.map(({ networkName }) => networkName)
    ),
  ]);
  const others =
    request.networks?.filter((it) => !known.has(getNetworkName(it))) ?? [];
  if (others.length > 0) {
    parts.push(
      attempt(() =>
        createUnrecordedDeletions(context, request, others, records)
      ),
    );
  }
  const all = {
    deletions: parts.flatMap(({ deletions }) => deletions).reverse(),
    problems: parts.flatMap(({ problems }) => problems),
  };
  if (all.deletions.length + all.problems.length > 0) return all;
  const elsewhere = findRecordsElsewhere(context, request.containerID);
  if (elsewhere !== undefined) return { ...all, problems: [elsewhere] };
  if (readNetnsNote(context, request.containerID) === undefined) {
    emitNote(
      context,
      `nothing is known of container ${request.containerID}, so nothing was deleted`,
    );
  }
  return all;
}

function attempt(act: () => Deletion[]): Deletions {
  try {
    return { deletions: act(), problems: [] };
  } catch (error) {
    if (error instanceof VmConfError) {
      return { deletions: [], problems: [error] };
    }
    throw error;
  }
}
