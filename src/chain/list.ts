/** Which VMs are known on this host. */
import { type CniResult, parseResult } from "../cni/result.ts";
import { VmConfError } from "../errors.ts";
import { findVmTapPair } from "../vmconf/pair.ts";
import {
  type ChainOptions,
  type Context,
  createContext,
  requirePermission,
} from "./context.ts";
import {
  type AttachmentRecord,
  checkRecordLiveness,
  readRecords,
} from "./state/records.ts";

/** An attachment that is recorded on this host. */
export interface ListedAttachment {
  /** The VM's id. */
  readonly containerID: string;
  /** The network's name. */
  readonly network: string;
  /** The interface's name in the namespace. */
  readonly ifName: string;
  /** The VM's tap, if the result has one. */
  readonly tapName?: string;
  /** The VM's MAC, if the result has one. */
  readonly macAddr?: string;
  /** The addresses of the result, such as `10.0.0.2/24`. */
  readonly addresses: readonly string[];
  /** The path of the namespace; empty if it was not recorded. */
  readonly netNSPath: string;
  /** Whether that namespace still exists; `unknown` counts as alive. */
  readonly netns: "alive" | "gone" | "unknown";
  /** Why nobody can tell. */
  readonly netnsReason?: string;
  /** Whether ADD came to its end. */
  readonly complete: boolean;
  /** Whether vmconf added it, or another runtime. */
  readonly by: "vmconf" | "other";
}

/** A record that cannot be used. */
export interface UnusableEntry {
  /** The name of its file. */
  readonly file: string;
  /** Why it cannot be used. */
  readonly reason: string;
}

/** What is known on this host. */
export interface AttachmentList {
  /** The attachments, by id and interface. */
  readonly attachments: readonly ListedAttachment[];
  /** Records that cannot be used. */
  readonly unusable: readonly UnusableEntry[];
}

/**
 * Lists the attachments that are recorded on this host, by vmconf or by another
 * runtime that uses libcni. Changes nothing, and waits for nobody.
 *
 * @param request Which container; unset: all.
 * @param options The cache folder.
 * @returns The attachments, and the records that cannot be used.
 * @throws {VmConfError} `not-granted`, `cache-failed`, `ffi-denied`.
 *
 * @example Usage
 * ```ts
 * import { listAttachments } from "@cni/vmconf/chain";
 *
 * const ids = () =>
 *   listAttachments().attachments.map(({ containerID }) => containerID);
 * ```
 */
export function listAttachments(
  request: { readonly containerID?: string } = {},
  options: Pick<ChainOptions, "cacheDir"> = {},
): AttachmentList {
  const context = createContext({ binDirs: [], confDirs: [], ...options });
  return listRecorded(context, request);
}

/** Does what {@linkcode listAttachments} does. */
export function listRecorded(
  context: Context,
  request: { readonly containerID?: string },
): AttachmentList {
  const { cacheDir } = context;
  requirePermission(
    { name: "read", path: cacheDir },
    `to read ${cacheDir}`,
    `--allow-read=${cacheDir}`,
  );
  const { containerID } = request;
  const { usable, unusable } = readRecords(context);
  const attachments = usable
    .filter(({ attachment }) =>
      containerID === undefined || attachment.containerID === containerID
    )
    .map((record): ListedAttachment => {
      const life = checkRecordLiveness(context, record);
      return {
        ...describeRecord(record),
        netns: life.kind,
        ...life.kind === "unknown" && { netnsReason: life.reason },
        complete: record.isComplete,
        by: record.isOurs ? "vmconf" : "other",
      };
    })
    .sort((a, b) =>
      compare(a.containerID, b.containerID) ||
      compare(a.ifName, b.ifName) || compare(a.network, b.network)
    );
  return {
    attachments,
    unusable: unusable
      .filter(({ fileName }) =>
        containerID === undefined || fileName.includes(`-${containerID}-`)
      )
      .map(({ fileName, reason }) => ({ file: fileName, reason })),
  };
}

function describeRecord(
  { attachment, networkName, result }: AttachmentRecord,
): Pick<
  ListedAttachment,
  | "containerID"
  | "network"
  | "ifName"
  | "tapName"
  | "macAddr"
  | "addresses"
  | "netNSPath"
> {
  const { containerID, ifName, netNSPath } = attachment;
  const read = ignoreFaults(() => parseResult(JSON.stringify(result)));
  const pair = read && ignoreFaults(() => findVmTapPair(read, containerID));
  return {
    containerID,
    network: networkName,
    ifName,
    ...pair && { tapName: pair.tap.name },
    ...pair?.vm.mac && { macAddr: pair.vm.mac },
    addresses: addressesOf(read),
    netNSPath,
  };
}

function addressesOf(result: CniResult | undefined): string[] {
  return result?.ips.map(({ address }) => address) ?? [];
}

/** A result that is malformed, or of no VM, is listed all the same. */
function ignoreFaults<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof VmConfError) return undefined;
    throw error;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
