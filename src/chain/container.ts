/** A container's attachments and its namespace, with all that can go wrong. */
import type { Network } from "../cni/network.ts";
import { quote, VmConfError } from "../errors.ts";
import { createNetns, isNetns, removeNetns } from "../linux/netns_file.ts";
import type { Attachment } from "./attachment.ts";
import type { RawResult } from "./call.ts";
import type { Context } from "./context.ts";
import { addChain, deleteChain } from "./operations.ts";
import {
  type AttachmentRecord,
  listRecords,
  readRecord,
  removeRecord,
  writeRecord,
} from "./records.ts";
import { dropUnfinished, forgetNetns, notedNetns, noteNetns } from "./state.ts";
import { negotiate } from "./versions.ts";

/** How messages about namespaces begin. */
const NETNS_TASK = "failed to initialize netns";
const REMOVE_TASK = "failed to remove netns";

/** An attachment that is to be made or deleted. */
export interface Wanted {
  readonly network: Network;
  readonly attachment: Attachment;
  /** The version of the protocol, if it has been negotiated. */
  readonly cniVersion?: string;
}

/** An attachment that was made. */
export interface Added extends Wanted {
  /** The result of the last plugin. */
  readonly result: RawResult;
}

/**
 * Attaches a container to networks: what a crash left is deleted first, and if
 * anything fails, all of it is undone.
 *
 * @param context Folders and limits.
 * @param containerID The container, whose lock is held.
 * @param netNSPath The path of its namespace, which is made if nothing is there.
 * @param wanted The attachments, in order.
 * @param force Whether to go on if leftovers cannot be deleted.
 * @returns The attachments, with their results.
 * @throws {VmConfError} What failed; the message says what has become of the rest.
 */
export async function attach(
  context: Context,
  containerID: string,
  netNSPath: string,
  wanted: readonly Wanted[],
  force: boolean,
): Promise<Added[]> {
  await deleteLeftovers(context, containerID, wanted, force);
  const attempted: Wanted[] = [];
  try {
    ensureNetns(context, containerID, netNSPath);
    const added: Added[] = [];
    for (const { network, attachment } of wanted) {
      const cniVersion = await negotiate(context, network);
      const operand = { network, attachment, cniVersion };
      await deleteUnrecorded(context, operand, force);
      const record = (isComplete: boolean, result?: RawResult) =>
        writeRecord(context, network, attachment, { isComplete, result });
      record(false);
      attempted.unshift(operand);
      const result = await addChain(
        context,
        operand,
        (result) => record(false, result),
      );
      record(true, result);
      added.push({ network, attachment, result });
    }
    return added;
  } catch (error) {
    throw await undone(context, containerID, attempted, error);
  }
}

/** Even if the caller has stopped the operation. */
async function undone(
  context: Context,
  containerID: string,
  attempted: readonly Wanted[],
  error: unknown,
): Promise<unknown> {
  const unstoppable = { ...context, signal: undefined };
  const failures = await detach(unstoppable, containerID, attempted);
  if (!(error instanceof VmConfError)) return error;
  const outcome = failures.length === 0
    ? "What had been done was undone."
    : `Undoing it failed too, so something may be left: ${
      failures.map(({ message }) => message).join("; ")
    }. \`vmconf del --id ${containerID}\` tries again.`;
  return new VmConfError(error.code, error.message, {
    path: error.path,
    hint: [error.hint, outcome].filter(Boolean).join(" "),
    cause: error,
  });
}

/**
 * Detaches a container: whatever fails, the rest is deleted. Its namespace goes
 * too, if it was made here and nothing is attached to it any more.
 *
 * @param context Folders and limits.
 * @param containerID The container, whose lock is held.
 * @param wanted The attachments, in the order of deletion.
 * @returns What failed; that is still remembered, so that it can be tried again.
 */
export async function detach(
  context: Context,
  containerID: string,
  wanted: readonly Wanted[],
): Promise<VmConfError[]> {
  const errors: VmConfError[] = [];
  for (const { network, attachment } of wanted) {
    try {
      await deleteOne(context, { network, attachment });
    } catch (error) {
      if (!(error instanceof VmConfError)) throw error;
      errors.push(error);
    }
  }
  try {
    if (errors.length === 0) dropNetns(context, containerID);
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    errors.push(error);
  }
  return errors;
}

/** By the network as it was when the container was added to it, if that is known. */
async function deleteOne(context: Context, wanted: Wanted): Promise<void> {
  const { network, attachment } = wanted;
  const record = readRecord(context, network.name, attachment);
  await deleteChain(context, {
    ...record ?? wanted,
    attachment: reachable(record?.attachment ?? attachment),
    cniVersion: await versionOf(context, { ...wanted, ...record }),
  });
  removeRecord(context, network.name, attachment);
}

/**
 * The version to speak: that of ADD, as its result needs no conversion then.
 *
 * @param context Folders and limits.
 * @param attachment The attachment, with its result if there is one.
 * @returns The version.
 */
export async function versionOf(
  context: Context,
  { network, cniVersion, result }: Wanted & Partial<AttachmentRecord>,
): Promise<string> {
  return result?.cniVersion ?? cniVersion ?? await negotiate(context, network);
}

/** A file that was to become a namespace is none: plugins would fail on it. */
function reachable(attachment: Attachment): Attachment {
  const { netNSPath } = attachment;
  try {
    if (netNSPath !== "") isNetns(netNSPath, NETNS_TASK);
    return attachment;
  } catch (error) {
    if (error instanceof VmConfError && error.code === "invalid-netns") {
      return { ...attachment, netNSPath: "" };
    }
    throw error;
  }
}

function dropNetns(context: Context, containerID: string): void {
  dropUnfinished(context, containerID);
  const path = notedNetns(context, containerID);
  if (path === undefined) return;
  if (listRecords(context, containerID).length > 0) return;
  removeNetns(path, REMOVE_TASK);
  forgetNetns(context, containerID);
}

/**
 * What is there is used, what is not is made. It is noted before it is made, so
 * that a crash in between leaves nothing that nobody knows of.
 */
function ensureNetns(
  context: Context,
  containerID: string,
  path: string,
): void {
  const noted = notedNetns(context, containerID);
  if (noted !== undefined && noted !== path) {
    throw new VmConfError(
      "invalid-netns",
      `${NETNS_TASK}: container ${quote(containerID)} is in ${
        quote(noted)
      }, which was made for it: expected that one, found ${quote(path)}`,
    );
  }
  if (isNetns(path, NETNS_TASK)) return;
  noteNetns(context, containerID, path);
  try {
    createNetns(path, NETNS_TASK);
  } catch (error) {
    // What is there now is somebody else's, who was faster.
    forgetNetns(context, containerID);
    throw error;
  }
}

/** What is recorded: the attachments that are wanted again, and unfinished ones. */
async function deleteLeftovers(
  context: Context,
  containerID: string,
  wanted: readonly Wanted[],
  force: boolean,
): Promise<void> {
  const isWanted = ({ network, attachment }: Wanted) =>
    wanted.some((other) =>
      other.network.name === network.name &&
      other.attachment.ifName === attachment.ifName
    );
  const leftovers = listRecords(context, containerID).filter((record) =>
    !record.isComplete || isWanted(record)
  ).reverse();
  const errors = await detach(context, containerID, leftovers);
  for (const error of errors) pass(context, error, force);
}

/** A crash of somebody who keeps no records may have left something too. */
async function deleteUnrecorded(
  context: Context,
  wanted: Wanted,
  force: boolean,
): Promise<void> {
  try {
    await deleteOne(context, wanted);
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    // A record that is another's is not to be overwritten, whatever was asked.
    if (error.code === "cache-failed") throw error;
    pass(context, error, force);
  }
}

/** In the words of firecracker-go-sdk, which gives up then as well. */
function pass(context: Context, error: VmConfError, force: boolean): void {
  const message = `failed to delete pre-existing CNI network: ${error.message}`;
  if (!force || error.code === "interrupted") {
    throw new VmConfError(error.code, message, {
      path: error.path,
      hint: `${error.hint ?? ""} To add the network nevertheless: --force.`
        .trim(),
      cause: error,
    });
  }
  context.onEvent({ kind: "note", message });
}

/**
 * Puts several errors into one.
 *
 * @param errors The errors, at least one.
 * @returns The first one, with the messages of all.
 */
export function together(errors: readonly VmConfError[]): VmConfError {
  const [first] = errors;
  if (errors.length === 1 && first !== undefined) return first;
  return new VmConfError(
    first?.code ?? "plugin-failed",
    errors.map(({ message }) => message).join("\n"),
    { path: first?.path, hint: first?.hint, cause: new AggregateError(errors) },
  );
}
