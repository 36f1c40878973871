/** What is deleted that has no record, or none that can be used? */
import type { NetworkConfig } from "../cni/network.ts";
import { quote, VmConfError } from "../errors.ts";
import { hasDevice } from "../linux/devices.ts";
import { CACHE_DIR, type Context, note } from "./context.ts";
import { type Deletion, deletionBy } from "./deletion.ts";
import { findNetwork } from "./plugins/find.ts";
import { examine, isReplaced, lifeOf } from "./state/netns.ts";
import { namesIn, ownFolder } from "./state/own_files.ts";
import { readNote } from "./state/own_netns.ts";
import {
  type AttachmentRecord,
  recordName,
  type Records,
  sandboxIn,
  splitRecordName,
  type UnusableRecord,
  unusableRecord,
} from "./state/records.ts";
import {
  type Attachment,
  type AttachmentRequest,
  checkAttachment,
  nameOf,
  resolveNetns,
  resolveRequest,
  type Wanted,
} from "./request.ts";
import { recordsIn } from "./state/unused_netns.ts";

/**
 * What a container's record leaves to be done that cannot be used: as libcni does,
 * the network's configuration of today has to do.
 */
export function deletionsOfUnusable(
  context: Context,
  request: AttachmentRequest,
  unusable: UnusableRecord,
  records: Records,
): Deletion[] {
  const { fileName, reason, result } = unusable;
  return wantedBy(context, request, unusable).map(({ network, attachment }) => {
    refuseOthers(context, attachment, records);
    note(
      context,
      `${fileName}: ${reason}: deleted by the configuration of network ${network.name}`,
    );
    return deletionBy(network, attachment, { fileName, result });
  });
}

/**
 * Tells which attachment a record is of that cannot be used itself: its file's
 * name, the network's configuration of today and the request have to do.
 */
export function wantedBy(
  context: Context,
  request: AttachmentRequest,
  unusable: UnusableRecord,
): Wanted[] {
  const { containerID, ifNames, args = [], capabilityArgs = {} } = request;
  const { fileName, kind, result } = unusable;
  const names = request.networks?.map(nameOf);
  const meant = splitRecordName(fileName, containerID).filter((it) =>
    (names === undefined || names.includes(it.network)) &&
    (ifNames === undefined || ifNames.includes(it.ifName))
  );
  if (meant.length === 0) return [];
  if (kind === "unreadable") throw unusableRecord(context, unusable);
  const found = meant.flatMap(({ network, ifName }) => {
    const configured = networkIn(context, request, network);
    return configured === undefined ? [] : [{ network: configured, ifName }];
  });
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw unusableRecord(context, unusable);
  }
  const { network, ifName } = only;
  const netNSPath = sandboxIn(result) ?? knownNetns(context, request);
  if (netNSPath === undefined) {
    throw netnsUnknown(containerID, network.name, fileName);
  }
  const attachment = { containerID, ifName, netNSPath, args, capabilityArgs };
  checkAttachment(attachment);
  return [{ network, attachment }];
}

function networkIn(
  context: Context,
  { networks = [] }: AttachmentRequest,
  name: string,
): NetworkConfig | undefined {
  const given = networks.find((it) => nameOf(it) === name);
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

/** The namespace that was named, or made for the container; empty if it is gone. */
function knownNetns(
  context: Context,
  request: AttachmentRequest,
): string | undefined {
  if (request.netNSPath !== undefined) return resolveNetns(request);
  const made = readNote(context, request.containerID);
  if (made === undefined || made instanceof VmConfError) return undefined;
  return isReplaced(context, made) ? "" : made.netNSPath;
}

/**
 * Completes a record by the namespace: libcni before 1.2 does not note it, so its
 * caller has to know.
 */
export function inNetns(
  context: Context,
  request: AttachmentRequest,
  record: AttachmentRecord,
): AttachmentRecord {
  const { attachment, networkName, fileName } = record;
  if (attachment.netNSPath !== "") {
    const isAsserted = request.netNSPath !== undefined &&
      lifeOf(context, { ...attachment, proof: record.proof }).kind ===
        "unknown";
    // Whoever names the namespace knows what has become of it.
    return isAsserted ? { ...record, proof: undefined } : record;
  }
  const netNSPath = knownNetns(context, request);
  if (netNSPath === undefined) {
    throw netnsUnknown(attachment.containerID, networkName, fileName);
  }
  return { ...record, attachment: { ...attachment, netNSPath } };
}

/** Addresses would be freed, and the interface that has them left. */
function netnsUnknown(
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
    { hint: "Name it, or where it was: --netns PATH (in code: netNSPath)." },
  );
}

/** Networks that nothing is recorded of, such as what cnitool would delete. */
export function deletionsByRequest(
  context: Context,
  request: AttachmentRequest,
  networks: readonly (string | NetworkConfig)[],
  records: Records,
): Deletion[] {
  const elsewhere = recordsElsewhere(context, request.containerID);
  if (elsewhere !== undefined) throw elsewhere;
  const wanted = resolveRequest(context, {
    ...request,
    networks: request.networks ?? networks,
  });
  const names = networks.map(nameOf);
  const netNSPath = knownNetns(context, request) ??
    absentOr(context, resolveNetns(request));
  return wanted.filter(({ network }) => names.includes(network.name))
    .map(({ network, attachment: asked }) => {
      const attachment = { ...asked, netNSPath };
      refuseOthers(context, attachment, records);
      refuseRecord(network.name, attachment, records);
      refuseDevice(context, attachment);
      note(
        context,
        `nothing is recorded of container ${request.containerID} in network ${network.name}: deleted by its configuration alone`,
      );
      return deletionBy(network, attachment);
    });
}

/** The default path, unless something is there that was not made for it. */
function absentOr(context: Context, path: string): string {
  return examine(context, path).kind === "absent" ? path : "";
}

/** Somebody else's attachment of this name in this namespace. */
function refuseOthers(
  context: Context,
  { netNSPath, ifName }: Attachment,
  { usable }: Records,
): void {
  if (netNSPath === "") return;
  const records = usable.filter(({ attachment }) =>
    attachment.ifName === ifName
  );
  const state = examine(context, netNSPath);
  const [other] = recordsIn(context, records, netNSPath, state);
  if (other === undefined) return;
  throw cannotDelete(
    { netNSPath, ifName },
    `it belongs to container ${
      quote(other.attachment.containerID)
    } in network ${quote(other.networkName)}`,
    `\`vmconf del --id ${other.attachment.containerID}\` deletes it.`,
  );
}

/** Somebody else's record has the file name that this one would have. */
function refuseRecord(
  network: string,
  attachment: Attachment,
  { usable }: Records,
): void {
  const fileName = recordName(network, attachment);
  const other = usable.find((record) => record.fileName === fileName);
  if (other === undefined) return;
  throw cannotDelete(
    attachment,
    `the record ${quote(fileName)} is of container ${
      quote(other.attachment.containerID)
    }`,
    `\`vmconf del --id ${other.attachment.containerID}\` deletes that.`,
  );
}

/** Nobody recorded it, and its namespace was not made for this container. */
function refuseDevice(
  context: Context,
  { containerID, netNSPath, ifName }: Attachment,
): void {
  if (ifName === "lo" || netNSPath === "") return;
  if (examine(context, netNSPath).kind !== "netns") return;
  const made = readNote(context, containerID);
  const isOurs = made !== undefined && !(made instanceof VmConfError) &&
    lifeOf(context, { netNSPath, proof: made.proof }).kind === "alive";
  const task = "Cannot delete";
  const kernel = context.system.kernel(task);
  if (isOurs || !hasDevice(kernel, netNSPath, ifName, task)) return;
  throw cannotDelete(
    { netNSPath, ifName },
    "nobody recorded this device, so it may be another container's",
    "If it is of no use: `ip link del` deletes it.",
  );
}

function cannotDelete(
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

/** firecracker-go-sdk has a cache folder for each VM. */
export function recordsElsewhere(
  context: Context,
  containerID: string,
): VmConfError | undefined {
  const folder = [...new Set([context.cacheDir, CACHE_DIR])]
    .map((cacheDir) => `${cacheDir}/${containerID}`)
    .find((cacheDir) => {
      try {
        return namesIn(context, ownFolder({ ...context, cacheDir }, "results"))
          .some((name) => name.includes(`-${containerID}-`));
      } catch {
        return false;
      }
    });
  if (folder === undefined) return undefined;
  return new VmConfError(
    "not-added",
    `Cannot delete container ${
      quote(containerID)
    }: nothing is recorded of it in ${quote(context.cacheDir)}, but in ${
      quote(folder)
    }, as by firecracker-go-sdk; nothing was changed`,
    {
      hint:
        `\`vmconf del --id ${containerID} --cache-dir ${folder} --conf-dir /etc/cni/conf.d\` reaches it.`,
    },
  );
}
