/** Finding and deleting what nobody needs any more. */
import type { Network } from "../cni/network.ts";
import { VmConfError } from "../errors.ts";
import { isNetns } from "../linux/netns_file.ts";
import { detach } from "./container.ts";
import type { Context } from "./context.ts";
import { gcChain } from "./operations.ts";
import { type AttachmentRecord, listRecords } from "./records.ts";
import { rememberedContainers, withFreeLock, withLock } from "./state.ts";
import { negotiate } from "./versions.ts";

/** Attachments that are to stay. */
export interface Keep {
  /** The container's id. */
  readonly containerID: string;
  /** The interface; unset: all of the container's. */
  readonly ifName?: string;
}

/** An attachment that was deleted as garbage. */
export interface Collected {
  /** The network's name. */
  readonly network: string;
  /** The container's id. */
  readonly containerID: string;
  /** The interface's name. */
  readonly ifName: string;
}

/**
 * Deletes the attachments of networks that are of no use, and has the plugins
 * clean up.
 *
 * @param context Folders and limits.
 * @param networks The networks.
 * @param keep What is to stay; unset: every attachment that was made completely
 * and whose namespace is there. What is just being added is waited for.
 * @returns What was deleted, and what failed.
 */
export async function collect(
  context: Context,
  networks: readonly Network[],
  keep: readonly Keep[] | undefined,
): Promise<{ collected: Collected[]; errors: VmConfError[] }> {
  const enabled = networks.filter(({ disableGC }) => !disableGC);
  for (const { name } of networks.filter(({ disableGC }) => disableGC)) {
    const message = `left alone: network ${name} sets disableGC`;
    context.onEvent({ kind: "note", message });
  }
  const names = new Set(enabled.map(({ name }) => name));
  const isStale = (record: AttachmentRecord) =>
    names.has(record.network.name) && !isValid(record, keep);

  const collected: Collected[] = [];
  const errors: VmConfError[] = [];
  const tidy = async (containerID: string) => {
    // Read again under the lock: it may be finished, or gone, by now.
    const stale = listRecords(context, containerID).filter(isStale).reverse();
    errors.push(...await detach(context, containerID, stale));
    const left = listRecords(context, containerID);
    for (const { network: { name }, attachment: { ifName } } of stale) {
      const isLeft = left.some(({ network, attachment }) =>
        network.name === name && attachment.ifName === ifName
      );
      if (!isLeft) collected.push({ network: name, containerID, ifName });
    }
  };
  const stale = new Set(
    listRecords(context).filter(isStale).map(({ attachment }) =>
      attachment.containerID
    ),
  );
  for (const containerID of stale) {
    // What is being added, or what a crash left running, ends at some time.
    const act = withLock(context, containerID, () => tidy(containerID));
    const error = await act.then(() => undefined, (error) => error);
    if (error instanceof VmConfError) errors.push(error);
    else if (error !== undefined) throw error;
  }
  for (const containerID of rememberedContainers(context)) {
    await withFreeLock(context, containerID, () => tidy(containerID));
  }
  for (const network of enabled) {
    const valid = validIn(context, network, keep);
    const cniVersion = await versionOfNetwork(context, network);
    if (typeof cniVersion !== "string") errors.push(cniVersion);
    else errors.push(...await gcChain(context, { network, cniVersion }, valid));
  }
  return { collected, errors };
}

async function versionOfNetwork(
  context: Context,
  network: Network,
): Promise<string | VmConfError> {
  try {
    return await negotiate(context, network);
  } catch (error) {
    if (error instanceof VmConfError) return error;
    throw error;
  }
}

function isValid(
  { attachment, isComplete }: AttachmentRecord,
  keep: readonly Keep[] | undefined,
): boolean {
  const { containerID, ifName, netNSPath } = attachment;
  if (keep !== undefined) {
    return keep.some((kept) =>
      kept.containerID === containerID &&
      (kept.ifName === undefined || kept.ifName === ifName)
    );
  }
  if (!isComplete) return false;
  // Written by a libcni that did not note the namespace: nobody can tell.
  return netNSPath === "" || isThere(netNSPath);
}

function isThere(netNSPath: string): boolean {
  try {
    return isNetns(netNSPath, "failed to look for the netns");
  } catch (error) {
    if (error instanceof VmConfError && error.code === "invalid-netns") {
      return false;
    }
    throw error;
  }
}

/** What is recorded still, such as what is just being added, and what was given. */
function validIn(
  context: Context,
  network: Network,
  keep: readonly Keep[] = [],
): { containerID: string; ifname: string }[] {
  const recorded = listRecords(context)
    .filter((record) => record.network.name === network.name)
    .map(({ attachment }) => attachment);
  const given = keep.filter(({ ifName }) => ifName !== undefined);
  const all = [...recorded, ...given].map(({ containerID, ifName = "" }) => ({
    containerID,
    ifname: ifName,
  }));
  return [
    ...new Map(all.map((valid) => [JSON.stringify(valid), valid])).values(),
  ];
}
