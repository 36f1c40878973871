/** What is garbage: incomplete attachments, and those whose namespace is gone. */
import type { NetworkConfig } from "../cni/network.ts";
import { quote, requireVmConfError, VmConfError } from "../errors.ts";
import { listLinksAt } from "../linux/links.ts";
import { readBootTime } from "../linux/proc.ts";
import type { Context } from "./context.ts";
import { createDeletion, type Deletion } from "./deletion.ts";
import { resolveNetwork } from "./plugins/find_network.ts";
import { getNetworkName } from "./request.ts";
import { checkLiveness } from "./state/netns_liveness.ts";
import { listNotedContainers } from "./state/own_netns.ts";
import {
  type AttachmentRecord,
  type Records,
  unusableRecordError,
} from "./state/records.ts";

/** Attachments that are kept. */
export interface KeptAttachment {
  /** The container's id. */
  readonly containerID: string;
  /** The interface; unset: all of the container's. */
  readonly ifName?: string;
}

/** Which attachments are deleted, and which are kept. */
export interface GarbageRequest {
  /** Networks by name, or as they are; unset: all. */
  readonly networks?: readonly (string | NetworkConfig)[];
  /**
   * The attachments to keep. All others that vmconf added to `networks` are
   * deleted, even if they are alive; `networks` must be given. Unset: all that are
   * alive are kept.
   */
  readonly keep?: readonly KeptAttachment[];
  /**
   * Whether attachments that other runtimes recorded are deleted too if their
   * namespace is certainly gone.
   */
  readonly all?: boolean;
  /**
   * Networks whose plugins are called with GC: they free whatever belongs to no
   * attachment in this cache folder or in one below it. Attachments that another
   * runtime recorded elsewhere lose their addresses and rules.
   */
  readonly pluginGC?: readonly (string | NetworkConfig)[];
}

/** What is deleted, and what cannot be. */
export interface Garbage {
  /** By container's id, each in the order of deletion. */
  readonly byContainer: ReadonlyMap<string, Deletion[]>;
  readonly problems: readonly VmConfError[];
}

export function validateKeep({ keep, networks }: GarbageRequest): void {
  if (keep === undefined || (networks ?? []).length > 0) return;
  throw new VmConfError(
    "invalid-option",
    "keep: expected the networks whose other attachments are to be deleted, found none",
    {
      path: "keep",
      hint:
        "Name the networks: `vmconf gc NETWORK --keep ID` (in code: networks).",
    },
  );
}

export async function findGarbage(
  context: Context,
  request: GarbageRequest,
  records: Records,
): Promise<Garbage> {
  const names = request.networks?.map(getNetworkName);
  const usable = records.usable.filter(({ networkName }) =>
    names === undefined || names.includes(networkName)
  );
  for (const network of request.networks ?? []) {
    const name = getNetworkName(network);
    const isRecorded = usable.some(({ networkName }) => networkName === name);
    // A name with a typing error is an error.
    if (!isRecorded) resolveNetwork(context, network);
  }
  requireKeptRecorded(request, usable);
  const byContainer = new Map<string, Deletion[]>();
  const problems = listUnusableErrors(context, records, names);
  for (const record of usable.toReversed()) {
    try {
      if (!await isGarbage(context, record, request)) continue;
      const { containerID } = record.attachment;
      const deletions = byContainer.get(containerID) ?? [];
      byContainer.set(containerID, [
        ...deletions,
        createDeletion(context, record),
      ]);
    } catch (error) {
      problems.push(requireVmConfError(error));
    }
  }
  return { byContainer, problems };
}

/** A typing error in an id would delete what was to be kept. */
function requireKeptRecorded(
  { keep = [], networks = [] }: GarbageRequest,
  records: readonly AttachmentRecord[],
): void {
  for (const kept of keep) {
    if (records.some((record) => isKept(record, kept))) continue;
    const { containerID, ifName } = kept;
    const recorded = new Set(
      records.map(({ attachment }) => attachment.containerID),
    );
    throw new VmConfError(
      "not-added",
      `keep: expected an attachment that is recorded in ${
        networks.map(getNetworkName).map(quote).join(", ")
      }, found ${
        quote(ifName === undefined ? containerID : `${containerID}:${ifName}`)
      }; nothing was deleted`,
      {
        path: "keep",
        hint: `Recorded there: ${
          [...recorded].map(quote).join(", ") || "nothing"
        }.`,
      },
    );
  }
}

function isKept(
  { attachment }: AttachmentRecord,
  kept: KeptAttachment,
): boolean {
  return kept.containerID === attachment.containerID &&
    (kept.ifName === undefined || kept.ifName === attachment.ifName);
}

function listUnusableErrors(
  context: Context,
  { unusable }: Records,
  names: readonly string[] | undefined,
): VmConfError[] {
  return unusable
    .filter(({ kind }) => kind !== "legacy")
    .filter(({ fileName }) =>
      names === undefined ||
      names.some((name) => fileName.startsWith(`${name}-`))
    )
    .map((it) => unusableRecordError(context, it));
}

async function isGarbage(
  context: Context,
  record: AttachmentRecord,
  { keep, all = false }: GarbageRequest,
): Promise<boolean> {
  const { isOurs, isComplete } = record;
  if (isOurs && keep !== undefined) {
    return !keep.some((kept) => isKept(record, kept));
  }
  if (!isOurs && !all) return false;
  const liveness = checkLiveness(
    context,
    record.attachment.netNSPath,
    record.proof,
  );
  // DEL without the namespace would free the address, and leave the interface.
  if (liveness.kind === "unknown") {
    throw uncertainError(record, liveness.reason);
  }
  if (liveness.kind === "alive") return isOurs && !isComplete;
  const doubt = isOurs ? undefined : await findDoubt(context, record);
  if (doubt === undefined) return true;
  throw uncertainError(record, doubt);
}

const TASK = "failed to look for garbage";
const HOST_NETNS = "/proc/self/ns/net";
const MOST_LOOKS = 20;
const PAUSE_MS = 50;

/**
 * Why an attachment of another runtime may be alive although its path is absent:
 * nobody recorded in which mount namespace the path was made. It is gone if the
 * machine was booted since then, or if a recorded interface of the host is missing:
 * the kernel removes a veth a moment after the namespace of its other end.
 */
async function findDoubt(
  { system }: Context,
  { result, time }: AttachmentRecord,
): Promise<string | undefined> {
  const bootTime = readBootTime(system.kernel(TASK));
  if (bootTime !== undefined && time < bootTime) return undefined;
  const interfaces: unknown = result?.interfaces;
  const names = (Array.isArray(interfaces) ? interfaces : [])
    .filter((it) => !Object(it).sandbox).map((it) => Object(it).name);
  for (let looks = 0;; looks++) {
    const devices = listLinksAt(system.rtnl(TASK), HOST_NETNS, TASK);
    const veth = devices.find(({ name, kind }) =>
      kind === "veth" && names.includes(name)
    );
    if (veth === undefined) {
      const hasEnded = names.some((name) =>
        !devices.some((device) => device.name === name)
      );
      return hasEnded
        ? undefined
        : "no interface on the host proves that it is gone";
    }
    if (looks === MOST_LOOKS) {
      return `the host still has its interface ${quote(veth.name)}`;
    }
    await system.pause(PAUSE_MS);
  }
}

function uncertainError(
  { networkName, attachment }: AttachmentRecord,
  reason: string,
): VmConfError {
  const { containerID, netNSPath } = attachment;
  return new VmConfError(
    "uncertain",
    `Cannot tell whether container ${quote(containerID)} of network ${
      quote(networkName)
    } is alive in ${quote(netNSPath)}: ${reason}; it was kept`,
    {
      hint:
        `If it is not needed any more: \`vmconf del --id ${containerID}\` deletes it.`,
    },
  );
}

/** Containers that a namespace was made for, and that have no record. */
export function listUnattachedContainers(
  context: Context,
  { usable }: Records,
): string[] {
  const attached = new Set(
    usable.map(({ attachment }) => attachment.containerID),
  );
  return listNotedContainers(context)
    .filter((containerID) => !attached.has(containerID));
}
