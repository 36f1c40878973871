/** What is recorded on this host: attachments, and their results. */
import { requireVmConfError } from "../errors.ts";
import { parseResult } from "../cni/result.ts";
import { findVmTapPair } from "../vmconf/pair.ts";
import { notAddedError } from "./check.ts";
import { type Context, requireReadPermission } from "./context.ts";
import type { RawResult } from "./plugins/result.ts";
import { validateContainerID } from "./request.ts";
import { checkLiveness } from "./state/netns_liveness.ts";
import {
  type AttachmentRecord,
  readRecords,
  selectRecords,
  splitRecordName,
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
  /** Whether that namespace still exists; `unknown` is treated as `alive`. */
  readonly netns: "alive" | "gone" | "unknown";
  /** Why it is `unknown`. */
  readonly netnsReason?: string;
  /** Whether ADD completed. */
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

/** The records of this host. */
export interface AttachmentList {
  /** The attachments, by id and interface. */
  readonly attachments: readonly ListedAttachment[];
  /** Records that cannot be used. */
  readonly unusable: readonly UnusableEntry[];
}

/** Changes nothing, and waits for no lock. */
export function listRecorded(
  context: Context,
  { containerID }: { readonly containerID?: string },
): AttachmentList {
  requireReadPermission(context.cacheDir);
  const { usable, unusable } = readRecords(context);
  const attachments = usable
    .filter(({ attachment }) =>
      containerID === undefined || attachment.containerID === containerID
    )
    .map((record): ListedAttachment => {
      const { attachment, proof } = record;
      const liveness = checkLiveness(context, attachment.netNSPath, proof);
      return {
        ...describeRecord(record),
        netns: liveness.kind,
        ...liveness.kind === "unknown" && { netnsReason: liveness.reason },
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

type Description = Omit<
  ListedAttachment,
  "netns" | "netnsReason" | "complete" | "by"
>;

function describeRecord(
  { attachment, networkName, result }: AttachmentRecord,
): Description {
  const { containerID, ifName, netNSPath } = attachment;
  const parsed = ignoreFaults(() => parseResult(JSON.stringify(result)));
  const pair = parsed &&
    ignoreFaults(() => findVmTapPair(parsed, containerID));
  return {
    containerID,
    network: networkName,
    ifName,
    ...pair && { tapName: pair.tap.name },
    ...pair?.vm.mac && { macAddr: pair.vm.mac },
    addresses: parsed?.ips.map(({ address }) => address) ?? [],
    netNSPath,
  };
}

/** An attachment with a malformed result, or without a VM, is listed as well. */
function ignoreFaults<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    requireVmConfError(error);
    return undefined;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Reads the results of ADD; also those that libcni recorded before 0.8. */
export function readResults(
  context: Context,
  network: string,
  containerID: string,
): RawResult[] {
  validateContainerID(containerID);
  requireReadPermission(context.cacheDir);
  const records = readRecords(context);
  const complete = selectRecords(records, { containerID, networks: [network] })
    .filter(({ isComplete }) => isComplete);
  const legacy = records.unusable.filter(({ fileName, kind }) =>
    kind === "legacy" &&
    splitRecordName(fileName, containerID).some((it) => it.network === network)
  );
  const results = [...complete, ...legacy].flatMap(({ result }) =>
    result ?? []
  );
  if (results.length === 0) throw notAddedError(containerID, network);
  return results;
}
