/** How a container is added to networks. */
import type { CniResult } from "../cni/result.ts";
import type { Version } from "../cni/versions.ts";
import { VmConfError } from "../errors.ts";
import { callAdd, type PluginResult, type RawResult } from "./plugins/call.ts";
import {
  catchFailure,
  type ChainOptions,
  type ChainStep,
  combineErrors,
  type Context,
  createContext,
  emitNote,
} from "./context.ts";
import { callDel, deleteAttachment, listDeletionSteps } from "./deletion.ts";
import { selectRecords } from "./detach.ts";
import { examineEvidence, type Preparation } from "./evidence.ts";
import { requirePlugins } from "./plugins/find.ts";
import { withLock, withLocks, withSharedLock } from "./state/locks.ts";
import {
  listNetnsLocks,
  type NetnsProof,
  readNetnsProof,
} from "./state/netns.ts";
import {
  createCacheFolders,
  removeUnfinishedFiles,
  requireCachePermission,
} from "./state/own_files.ts";
import { createOwnNetns, removeOwnNetns } from "./state/own_netns.ts";
import {
  buildRecordName,
  readRecords,
  removeRecord,
  writeRecord,
} from "./state/records.ts";
import {
  type ContainerRequest,
  type RequestedAttachment,
  resolveAttachments,
  resolveNetnsPath,
} from "./request.ts";
import { removeUnusedNetns } from "./state/unused_netns.ts";
import { negotiateVersion } from "./plugins/versions.ts";

/** What {@linkcode addNetworks} is asked for. */
export interface AddRequest extends ContainerRequest {
  /**
   * Whether an attachment that is complete and alive is deleted and added anew;
   * `"force"`: even if a running VM has its tap open, which cuts it off.
   */
  readonly replace?: boolean | "force";
  /** Whether to go on if what an earlier run left cannot be deleted. */
  readonly ignoreLeftovers?: boolean;
  /**
   * Is given the networks before the locks are released. If it throws, they are
   * deleted again, and the error is passed on.
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

/**
 * Adds a container to networks.
 *
 * First everything is checked that can be known without a change; then the
 * namespace is made if nothing is at its path, and the plugins are run. If
 * anything fails, what this call did is undone, in reverse, and nothing else.
 *
 * An attachment that is complete and alive is left as it is: the error is
 * `already-added`. What a crash left of these attachments is deleted first. An
 * interface that no record explains is never deleted: `in-use`.
 *
 * @param request The container and its networks.
 * @param options Folders and limits.
 * @returns The networks, in order.
 * @throws {VmConfError} `already-added`, `in-use`, `uncertain` if nobody can tell
 * whether something is alive; `plugin-failed` with the plugin's words,
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

/** Does what {@linkcode addNetworks} does. */
export async function attach(
  context: Context,
  request: AddRequest,
): Promise<AddedNetwork[]> {
  const wanted = await validateRequest(context, request);
  const { containerID } = request;
  return await withSharedLock(
    context,
    (context) =>
      withLock(context, containerID, async (context) => {
        removeUnfinishedFiles(context, containerID);
        return await withNetnsLocks(context, request, async (context) => {
          const findings = examineRequest(context, request, wanted);
          const left = await deleteLeftovers(context, request, findings);
          return await addAll(context, request, wanted, findings, left);
        });
      }),
  );
}

/** An attachment that is asked for, and the version that its plugins speak. */
interface Prepared extends RequestedAttachment {
  readonly cniVersion: Version;
}

/** All that can be known without looking at what is there. */
async function validateRequest(
  context: Context,
  request: AddRequest,
): Promise<Prepared[]> {
  const wanted = resolveAttachments(context, request);
  requireCachePermission(context);
  for (const { network } of wanted) requirePlugins(context, network);
  // The answers of plugins are kept there.
  createCacheFolders(context);
  const prepared: Prepared[] = [];
  for (const it of wanted) {
    prepared.push({
      ...it,
      cniVersion: await negotiateVersion(context, it.network),
    });
  }
  return prepared;
}

/** While we waited, another one may have made or removed the namespace. */
async function withNetnsLocks<T>(
  context: Context,
  request: AddRequest,
  act: (context: Context) => Promise<T>,
): Promise<T> {
  const { containerID, networks } = request;
  const isOwn = (name: string) => name.includes(`-${containerID}-`);
  // What is deleted first may be in another namespace.
  const paths = [
    resolveNetnsPath(request),
    ...selectRecords(readRecords(context, isOwn), { containerID, networks })
      .map(({ attachment }) => attachment.netNSPath),
  ];
  while (true) {
    const names = listNetnsLocks(context, paths);
    const done = await withLocks(context, names, async (context) => {
      const isStill = listNetnsLocks(context, paths).join() === names.join();
      return isStill ? { value: await act(context) } : undefined;
    });
    if (done !== undefined) return done.value;
  }
}

function examineRequest(
  context: Context,
  request: AddRequest,
  wanted: readonly RequestedAttachment[],
): Preparation {
  const { containerID, replace = false } = request;
  const path = resolveNetnsPath(request);
  return examineEvidence(context, containerID, path, wanted, { replace });
}

/**
 * Tells what {@linkcode addNetworks} would do. Changes nothing and runs no plugin.
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
  const context = createContext(options);
  const wanted = resolveAttachments(context, request);
  for (const { network } of wanted) requirePlugins(context, network);
  const findings = examineRequest(context, request, wanted);
  const netNSPath = resolveNetnsPath(request);
  return [
    ...findings.leftovers.toReversed().flatMap(({ deletion }) =>
      listDeletionSteps(context, deletion)
    ),
    ...findings.makesNetns
      ? [{ step: "create-netns", netNSPath } as const]
      : [],
    ...wanted.flatMap(({ network, attachment }): ChainStep[] => [
      { step: "write-record", file: buildRecordName(network.name, attachment) },
      ...network.plugins.map((plugin): ChainStep => ({
        step: "run",
        command: "ADD",
        plugin: plugin.type,
        network: network.name,
        containerID: attachment.containerID,
        ifName: attachment.ifName,
        netNSPath,
      })),
    ]),
  ];
}

/**
 * In the words of firecracker-go-sdk, which gives up then as well. Returns the
 * files of records whose attachments could not be deleted.
 */
async function deleteLeftovers(
  context: Context,
  { ignoreLeftovers = false }: AddRequest,
  { leftovers, staleNote }: Preparation,
): Promise<string[]> {
  const left: string[] = [];
  for (const { deletion, mayFail } of leftovers.toReversed()) {
    const failure = await catchFailure(() =>
      deleteAttachment(context, deletion)
    );
    if (failure === undefined) continue;
    const message =
      `failed to delete pre-existing CNI network: ${failure.message}`;
    const mayGoOn = (mayFail || ignoreLeftovers) &&
      failure.code !== "interrupted";
    if (!mayGoOn) {
      throw new VmConfError(failure.code, message, {
        path: failure.path,
        hint: [
          failure.hint,
          "To add the network nevertheless: --ignore-leftovers (in code: ignoreLeftovers).",
        ].filter(Boolean).join(" "),
        cause: failure,
      });
    }
    emitNote(context, message);
    left.push(deletion.fileName);
  }
  if (staleNote !== undefined) {
    const failure = await catchFailure(() =>
      removeOwnNetns(context, staleNote)
    );
    if (failure?.code === "in-use") emitNote(context, failure.message);
    else if (failure !== undefined) throw failure;
  }
  return left;
}

/** An attachment that plugins were called for in this run. */
interface StartedAttachment extends Prepared {
  readonly proof: NetnsProof;
  /** Whether the record still stands for what an earlier run left. */
  readonly isLeft: boolean;
  /** How many plugins were called. */
  count: number;
  last?: PluginResult;
}

async function addAll(
  context: Context,
  request: AddRequest,
  wanted: readonly Prepared[],
  { makesNetns }: Preparation,
  left: readonly string[],
): Promise<AddedNetwork[]> {
  const called: StartedAttachment[] = [];
  const { containerID } = request;
  const path = resolveNetnsPath(request);
  let areAll = false;
  const add = async (context: Context, proof: NetnsProof) => {
    const added: AddedNetwork[] = [];
    for (const it of wanted) {
      const result = await addOne(context, it, proof, called, left);
      added.push(describeAdded(it, result));
    }
    areAll = true;
    await request.accept?.(added);
    return added;
  };
  try {
    if (!makesNetns) return await add(context, readNetnsProof(context, path));
    const { proof } = await createOwnNetns(context, containerID, path);
    // Nobody else can have it yet: it was just made.
    const [, byInode] = listNetnsLocks(context, [path]);
    const names = byInode === undefined ? [] : [byInode];
    return await withLocks(context, names, (context) => add(context, proof));
  } catch (error) {
    const done = areAll
      ? "The network was deleted again."
      : "What had been done was undone.";
    throw await undo(context, request, { called, makesNetns }, error, done);
  }
}

async function addOne(
  context: Context,
  wanted: Prepared,
  proof: NetnsProof,
  called: StartedAttachment[],
  left: readonly string[],
): Promise<PluginResult> {
  const { network, attachment, cniVersion } = wanted;
  const isLeft = left.includes(buildRecordName(network.name, attachment));
  const record = (isComplete: boolean, result?: RawResult, isNew = false) =>
    writeRecord(context, network, attachment, {
      isComplete,
      result,
      cniVersion,
      proof,
      isNew,
    });
  record(false, undefined, !isLeft);
  const current: StartedAttachment = { ...wanted, proof, isLeft, count: 0 };
  called.push(current);
  for (const plugin of network.plugins) {
    current.count++;
    current.last = await callAdd(context, {
      command: "ADD",
      network,
      plugin,
      attachment,
      insertions: { cniVersion, prevResult: current.last?.raw },
    });
    const isLast = current.count === network.plugins.length;
    record(isLast, current.last.raw);
  }
  if (current.last !== undefined) return current.last;
  throw new VmConfError(
    "invalid-network",
    "network.plugins: expected at least one plugin, found none",
    { path: "network.plugins" },
  );
}

function describeAdded(
  { network, attachment: { ifName, netNSPath } }: RequestedAttachment,
  { raw, result }: PluginResult,
): AddedNetwork {
  return { network: network.name, ifName, netNSPath, result, raw };
}

/** What one call of `add` has done. */
interface Run {
  readonly called: readonly StartedAttachment[];
  readonly makesNetns: boolean;
}

/** Calls only plugins that this run called, even if the caller has stopped it. */
async function undo(
  context: Context,
  { containerID }: AddRequest,
  { called, makesNetns }: Run,
  error: unknown,
  done: string,
): Promise<unknown> {
  const unstoppable = { ...context, signal: undefined };
  const failures: VmConfError[] = [];
  for (const it of called.toReversed()) {
    const failure = await catchFailure(() => undoOne(unstoppable, it));
    if (failure !== undefined) failures.push(failure);
  }
  if (makesNetns) failures.push(...removeOwnUnused(unstoppable, containerID));
  if (!(error instanceof VmConfError)) return error;
  const outcome = failures.length === 0
    ? done
    : `Undoing it failed too, so something may be left: ${
      combineErrors(failures).message.replaceAll("\n", "; ")
    }. \`vmconf del --id ${containerID}\` tries again.`;
  return new VmConfError(error.code, error.message, {
    path: error.path,
    hint: [error.hint, outcome].filter(Boolean).join(" "),
    cause: error,
  });
}

function removeOwnUnused(context: Context, containerID: string) {
  try {
    const records = readRecords(context);
    return removeUnusedNetns(context, containerID, [], records);
  } catch (error) {
    if (error instanceof VmConfError) return [error];
    throw error;
  }
}

async function undoOne(
  context: Context,
  called: StartedAttachment,
): Promise<undefined> {
  const { network, attachment, cniVersion, count, last, isLeft } = called;
  const fileName = buildRecordName(network.name, attachment);
  markIncomplete(context, called);
  await callDel(context, {
    network,
    attachment,
    cniVersion,
    plugins: network.plugins.slice(0, count),
    result: last?.raw,
  });
  if (!isLeft) removeRecord(context, fileName);
}

/** If undoing fails, the next operation has to know that something is left. */
function markIncomplete(
  context: Context,
  { network, attachment, cniVersion, proof, count, last }: StartedAttachment,
): void {
  if (count < network.plugins.length) return;
  const state = { isComplete: false, result: last?.raw, cniVersion, proof };
  try {
    writeRecord(context, network, attachment, state);
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
  }
}
