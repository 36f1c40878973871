/** Attachments that have no record, or none that can be used. */
import type { NetworkConfig } from "../cni/network.ts";
import { quote, VmConfError } from "../errors.ts";
import { hasDevice } from "../linux/netdevice.ts";
import { CACHE_DIR, type Context, emitNote } from "./context.ts";
import { createRecordlessDeletion, type Deletion } from "./deletion.ts";
import { findNetwork, resolveAttachments } from "./plugins/find_network.ts";
import {
  checkLiveness,
  examineNetnsPath,
  isNetnsReplaced,
} from "./state/netns_liveness.ts";
import { getCacheFolder, listNames } from "./state/cache_folder.ts";
import { readProvenNote } from "./state/own_netns.ts";
import {
  type AttachmentRecord,
  buildRecordName,
  findSandboxPath,
  type Records,
  splitRecordName,
  type UnusableRecord,
  unusableRecordError,
} from "./state/records.ts";
import {
  type Attachment,
  type AttachmentRequest,
  getNetworkName,
  type RequestedAttachment,
  resolveNetnsPath,
  validateAttachment,
} from "./request.ts";
import { findRecordsInNetns } from "./state/unused_netns.ts";

/** Uses today's configuration of the network, as libcni does. */
export function createUnusableDeletions(
  context: Context,
  request: AttachmentRequest,
  unusable: UnusableRecord,
  records: Records,
): Deletion[] {
  const { fileName, reason, result } = unusable;
  return resolveUnusableRecord(context, request, unusable).map(
    ({ network, attachment }) => {
      refuseForeignAttachment(context, attachment, records);
      emitNote(
        context,
        `${fileName}: ${reason}: deleted by the configuration of network ${network.name}`,
      );
      return createRecordlessDeletion(network, attachment, {
        fileName,
        result,
      });
    },
  );
}

/**
 * Which attachment an unusable record is of, by the name of its file, today's
 * configuration and the request. Empty if it is another container's.
 */
export function resolveUnusableRecord(
  context: Context,
  request: AttachmentRequest,
  unusable: UnusableRecord,
): RequestedAttachment[] {
  const { containerID, ifNames, args = [], capabilityArgs = {} } = request;
  const { fileName, kind, result } = unusable;
  const names = request.networks?.map(getNetworkName);
  const candidates = splitRecordName(fileName, containerID).filter((it) =>
    (names === undefined || names.includes(it.network)) &&
    (ifNames === undefined || ifNames.includes(it.ifName))
  );
  if (candidates.length === 0) return [];
  if (kind === "unreadable") throw unusableRecordError(context, unusable);
  const found = candidates.flatMap(({ network, ifName }) => {
    const configured = findRequestedNetwork(context, request, network);
    return configured === undefined ? [] : [{ network: configured, ifName }];
  });
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw unusableRecordError(context, unusable);
  }
  const { network, ifName } = only;
  const netNSPath = findSandboxPath(result) ??
    findKnownNetnsPath(context, request);
  if (netNSPath === undefined) {
    throw unknownNetnsError(containerID, network.name, fileName);
  }
  const attachment = { containerID, ifName, netNSPath, args, capabilityArgs };
  validateAttachment(attachment);
  return [{ network, attachment }];
}

function findRequestedNetwork(
  context: Context,
  { networks = [] }: AttachmentRequest,
  name: string,
): NetworkConfig | undefined {
  const given = networks.find((it) => getNetworkName(it) === name);
  if (typeof given === "object") return given;
  try {
    return findNetwork(context, name);
  } catch (error) {
    if (error instanceof VmConfError && error.code === "no-network") {
      return undefined;
    }
    throw error;
  }
}

/** The namespace that was named, or made for the container; empty if replaced. */
function findKnownNetnsPath(
  context: Context,
  request: AttachmentRequest,
): string | undefined {
  if (request.netNSPath !== undefined) return resolveNetnsPath(request);
  const note = readProvenNote(context, request.containerID);
  if (note === undefined) return undefined;
  return isNetnsReplaced(context, note.netNSPath, note.proof)
    ? ""
    : note.netNSPath;
}

/** libcni before 1.2 does not record the namespace: the caller has to name it. */
export function completeNetnsPath(
  context: Context,
  request: AttachmentRequest,
  record: AttachmentRecord,
): AttachmentRecord {
  const { attachment, networkName, fileName } = record;
  if (attachment.netNSPath !== "") {
    const isAsserted = request.netNSPath !== undefined &&
      checkLiveness(context, attachment.netNSPath, record.proof).kind ===
        "unknown";
    // The caller names the namespace, and so asserts that it may be used.
    return isAsserted ? { ...record, proof: undefined } : record;
  }
  const netNSPath = findKnownNetnsPath(context, request);
  if (netNSPath === undefined) {
    throw unknownNetnsError(attachment.containerID, networkName, fileName);
  }
  return { ...record, attachment: { ...attachment, netNSPath } };
}

/** Without its path, plugins would free the addresses, and leave the interface. */
function unknownNetnsError(
  containerID: string,
  network: string,
  fileName: string,
): VmConfError {
  return new VmConfError(
    "uncertain",
    `Cannot find the network namespace of container ${
      quote(containerID)
    } in network ${quote(network)}: the record ${
      quote(fileName)
    } does not name it; nothing was changed`,
    {
      hint:
        "Give its path, or its former path: --netns PATH (in code: netNSPath).",
    },
  );
}

/** Networks without a record are deleted by their configuration, as by cnitool. */
export function createUnrecordedDeletions(
  context: Context,
  request: AttachmentRequest,
  networks: readonly (string | NetworkConfig)[],
  records: Records,
): Deletion[] {
  const elsewhere = findRecordsElsewhere(context, request.containerID);
  if (elsewhere !== undefined) throw elsewhere;
  // All requested networks: the names of interfaces depend on their order.
  const requested = resolveAttachments(context, request);
  const names = networks.map(getNetworkName);
  const netNSPath = findKnownNetnsPath(context, request) ??
    dropExistingNetns(context, resolveNetnsPath(request));
  return requested.filter(({ network }) => names.includes(network.name))
    .map(({ network, attachment: requestedAttachment }) => {
      const attachment = { ...requestedAttachment, netNSPath };
      refuseForeignAttachment(context, attachment, records);
      refuseForeignRecord(network.name, attachment, records);
      refuseUnrecordedDevice(context, attachment);
      emitNote(
        context,
        `container ${request.containerID} has no record in network ${network.name}: deleted by the network's configuration`,
      );
      return createRecordlessDeletion(network, attachment);
    });
}

/** Nothing proves that a namespace at the default path is the container's. */
function dropExistingNetns(context: Context, path: string): string {
  return examineNetnsPath(context, path).kind === "absent" ? path : "";
}

function refuseForeignAttachment(
  context: Context,
  { netNSPath, ifName }: Attachment,
  { usable }: Records,
): void {
  if (netNSPath === "") return;
  const records = usable.filter(({ attachment }) =>
    attachment.ifName === ifName
  );
  const [other] = findRecordsInNetns(context, records, netNSPath);
  if (other === undefined) return;
  throw inUseError(
    { netNSPath, ifName },
    `it belongs to container ${
      quote(other.attachment.containerID)
    } in network ${quote(other.networkName)}`,
    `\`vmconf del --id ${other.attachment.containerID}\` deletes it.`,
  );
}

/** Another attachment's record may have the same file name. */
function refuseForeignRecord(
  network: string,
  attachment: Attachment,
  { usable }: Records,
): void {
  const fileName = buildRecordName(network, attachment);
  const other = usable.find((record) => record.fileName === fileName);
  if (other === undefined) return;
  throw inUseError(
    attachment,
    `the record ${quote(fileName)} belongs to container ${
      quote(other.attachment.containerID)
    }`,
    `\`vmconf del --id ${other.attachment.containerID}\` deletes that.`,
  );
}

/** A device without a record is only ours in a namespace that vmconf made. */
function refuseUnrecordedDevice(
  context: Context,
  { containerID, netNSPath, ifName }: Attachment,
): void {
  if (ifName === "lo" || netNSPath === "") return;
  if (examineNetnsPath(context, netNSPath).kind !== "netns") return;
  const note = readProvenNote(context, containerID);
  const isOurs = note !== undefined &&
    checkLiveness(context, netNSPath, note.proof).kind === "alive";
  const task = "Cannot delete";
  const kernel = context.system.kernel(task);
  if (isOurs || !hasDevice(kernel, netNSPath, ifName, task)) return;
  throw inUseError(
    { netNSPath, ifName },
    "nobody recorded this device, so it may be another container's",
    "If it is not needed: `ip link del` deletes it.",
  );
}

function inUseError(
  { netNSPath, ifName }: Pick<Attachment, "netNSPath" | "ifName">,
  reason: string,
  hint: string,
): VmConfError {
  return new VmConfError(
    "in-use",
    `Cannot delete ${quote(ifName)} in ${
      quote(netNSPath)
    }: ${reason}; nothing was changed`,
    { hint },
  );
}

/** firecracker-go-sdk has a cache folder for each VM. Returns the error, if any. */
export function findRecordsElsewhere(
  context: Context,
  containerID: string,
): VmConfError | undefined {
  const folder = [...new Set([context.cacheDir, CACHE_DIR])]
    .map((cacheDir) => `${cacheDir}/${containerID}`)
    .find((cacheDir) => {
      try {
        return listNames(
          context,
          getCacheFolder({ ...context, cacheDir }, "results"),
        )
          .some((name) => name.includes(`-${containerID}-`));
      } catch {
        return false;
      }
    });
  if (folder === undefined) return undefined;
  return new VmConfError(
    "not-added",
    `Cannot delete container ${quote(containerID)}: it has no record in ${
      quote(context.cacheDir)
    }, but in ${
      quote(folder)
    }, as firecracker-go-sdk writes it; nothing was changed`,
    {
      hint:
        `\`vmconf del --id ${containerID} --cache-dir ${folder} --conf-dir /etc/cni/conf.d\` reaches it.`,
    },
  );
}
