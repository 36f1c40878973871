/** Checks that a container's attachments are as ADD left them. */
import { firstVersionWith, hasFeature } from "../cni/versions.ts";
import { quote, VmConfError } from "../errors.ts";
import { withContainerLocks } from "./state/container_locks.ts";
import type { Context } from "./context.ts";
import { callPlugin } from "./plugins/call.ts";
import { parseRecordedNetwork } from "./plugins/find_network.ts";
import { convertResult, type RawResult } from "./plugins/result.ts";
import { resolveVersion } from "./plugins/versions.ts";
import {
  type AttachmentRequest,
  getNetworkName,
  type RequestedAttachment,
  resolveNetnsPath,
  validateContainerID,
} from "./request.ts";
import {
  createCacheFolders,
  requireCachePermission,
} from "./state/cache_folder.ts";
import {
  type AttachmentRecord,
  type Records,
  selectRecords,
} from "./state/records.ts";
import { completeNetnsPath, resolveUnusableRecord } from "./unrecorded.ts";

export async function check(
  context: Context,
  request: AttachmentRequest,
): Promise<void> {
  validateContainerID(request.containerID);
  resolveNetnsPath(request);
  requireCachePermission(context);
  createCacheFolders(context);
  await withContainerLocks(context, request, async (context, records) => {
    const attachments = findAttachments(context, request, records);
    requireAttachments(request, attachments);
    for (const it of attachments) await checkAttachment(context, it);
  });
}

/** An attachment, and what ADD recorded of it. */
interface RecordedAttachment extends RequestedAttachment {
  readonly cniVersion?: string;
  readonly result?: RawResult;
}

function findAttachments(
  context: Context,
  request: AttachmentRequest,
  records: Records,
): RecordedAttachment[] {
  const own = selectRecords(records, request);
  const incomplete = own.find(({ isComplete }) => !isComplete);
  if (incomplete !== undefined) throw incompleteError(incomplete);
  const legacy = records.unusable.filter(({ kind }) => kind === "legacy");
  return [
    ...own.map((record): RecordedAttachment => {
      const { attachment, cniVersion, result } = completeNetnsPath(
        context,
        request,
        record,
      );
      const network = parseRecordedNetwork(context, record);
      return { network, attachment, cniVersion, result };
    }),
    ...legacy.flatMap((record) =>
      resolveUnusableRecord(context, request, record)
        .map((attachment) => ({ ...attachment, result: record.result }))
    ),
  ];
}

function requireAttachments(
  { containerID, networks = [] }: AttachmentRequest,
  attachments: readonly RecordedAttachment[],
): void {
  const added = attachments.map(({ network }) => network.name);
  const missing = networks.map(getNetworkName)
    .find((name) => !added.includes(name));
  if (missing === undefined && added.length > 0) return;
  throw notAddedError(containerID, missing);
}

async function checkAttachment(
  context: Context,
  { network, attachment, ...recorded }: RecordedAttachment,
): Promise<void> {
  const cniVersion = await resolveVersion(context, network, recorded);
  if (!hasFeature(cniVersion, "CHECK")) {
    throw new VmConfError(
      "unsupported-version",
      `configuration version "${cniVersion}" does not support the CHECK command`,
      { hint: `CHECK came with CNI ${firstVersionWith("CHECK")}.` },
    );
  }
  if (network.disableCheck) return;
  const prevResult = recorded.result &&
    convertResult(recorded.result, cniVersion);
  for (const plugin of network.plugins) {
    await callPlugin(context, {
      command: "CHECK",
      network,
      plugin,
      attachment,
      cniVersion,
      prevResult,
    });
  }
}

function incompleteError(
  { networkName, attachment: { containerID } }: AttachmentRecord,
): VmConfError {
  return new VmConfError(
    "not-added",
    `Cannot check container ${quote(containerID)}: its attachment to network ${
      quote(networkName)
    } is not complete, because add or del did not finish`,
    {
      hint:
        `\`vmconf del --id ${containerID}\` deletes what is left of it; \`vmconf add\` then adds it.`,
    },
  );
}

/** The error of a container that is not added to a network, or to none at all. */
export function notAddedError(
  containerID: string,
  network?: string,
): VmConfError {
  return new VmConfError(
    "not-added",
    `Cannot check container ${quote(containerID)}: expected it to be added to ${
      network === undefined ? "a network" : `network ${quote(network)}`
    }, found no result`,
    {
      hint:
        `\`vmconf add NETWORK --id ${containerID}\` adds it; \`vmconf list --id ${containerID}\` shows its records.`,
    },
  );
}
