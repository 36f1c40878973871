/**
 * Decides whether `add` may start, must first delete leftovers, or fails
 * (`already-added`, `in-use`, `uncertain`). If the namespace already has a device of
 * the requested name, a record of this attachment must explain it, or vmconf must
 * have made the namespace for this container. Changes nothing.
 */
import { quote, VmConfError } from "../errors.ts";
import { readFileStatus } from "../linux/file_status.ts";
import { listLinksAt, TAP_KIND } from "../linux/links.ts";
import { hasDevice } from "../linux/netdevice.ts";
import type { NetnsState } from "../linux/netns_state.ts";
import { type Context, emitNote } from "./context.ts";
import {
  createDeletion,
  createRecordlessDeletion,
  type Deletion,
} from "./deletion.ts";
import {
  type AttachmentRequest,
  type RequestedAttachment,
  resolveNetnsPath,
} from "./request.ts";
import {
  checkLiveness,
  examineNetnsPath,
  unusableNetnsError,
} from "./state/netns_liveness.ts";
import {
  type NetnsNote,
  readNetnsNote,
  requireSafePath,
} from "./state/own_netns.ts";
import {
  type AttachmentRecord,
  buildRecordName,
  type Records,
  unusableRecordError,
} from "./state/records.ts";
import { findRecordsInNetns } from "./state/unused_netns.ts";

/** How messages about obstacles begin. */
const TASK = "Cannot add";

/** What has to be done before the plugins are run. */
export interface AddPreparation {
  readonly leftovers: readonly Leftover[];
  /** A note of a namespace that is gone. */
  readonly staleNote?: NetnsNote;
  readonly createsNetns: boolean;
}

/** What an earlier run left, and has to be deleted first. */
export interface Leftover {
  readonly deletion: Deletion;
  /** Whether ADD is tried even if the deletion fails. */
  readonly mayFail: boolean;
}

/** May a complete attachment be replaced, even under a running VM? */
type Replace = boolean | "force";

/** The namespace of the attachments, and what is recorded. */
interface Target {
  readonly netNSPath: string;
  readonly state: NetnsState;
  /** Whether vmconf made the namespace for this container. */
  readonly isOurs: boolean;
  readonly records: Records;
  readonly replace: Replace;
}

/** Throws if there is an obstacle. */
export function checkAddPreconditions(
  context: Context,
  request: AttachmentRequest & { readonly replace?: Replace },
  attachments: readonly RequestedAttachment[],
  records: Records,
): AddPreparation {
  const { containerID, replace = false } = request;
  const netNSPath = resolveNetnsPath(request);
  const note = readOrReportNote(context, containerID);
  const isOurs = note !== undefined &&
    isNoteAlive(context, note, netNSPath);
  const found = examineNetnsPath(context, netNSPath);
  const isUnmounted = note !== undefined && found.kind === "other" &&
    isOwnMountPoint(context, note, netNSPath);
  const state: NetnsState = isUnmounted ? { kind: "absent" } : found;
  if (state.kind === "other" || state.kind === "unknown") {
    throw unusableNetnsError(netNSPath, state);
  }
  const createsNetns = state.kind === "absent";
  if (createsNetns) requireSafePath(context, netNSPath);
  const target = { netNSPath, state, isOurs, records, replace };
  const leftovers = attachments.flatMap((attachment) =>
    findLeftover(context, attachment, target) ?? []
  );
  return {
    leftovers,
    createsNetns,
    ...note !== undefined && !isOurs && { staleNote: note },
  };
}

function readOrReportNote(
  context: Context,
  containerID: string,
): NetnsNote | undefined {
  const note = readNetnsNote(context, containerID);
  if (!(note instanceof VmConfError)) return note;
  // Without proof the namespace is like one that anybody made.
  emitNote(context, note.message);
  return undefined;
}

/** Throws if the note's namespace may exist at another path. */
function isNoteAlive(
  context: Context,
  note: NetnsNote,
  netNSPath: string,
): boolean {
  const liveness = checkLiveness(context, note.netNSPath, note.proof);
  if (liveness.kind === "gone") return false;
  const container = quote(note.containerID);
  if (liveness.kind === "unknown") {
    throw new VmConfError(
      "uncertain",
      `failed to initialize netns: cannot tell whether ${
        quote(note.netNSPath)
      } still exists, which was made for container ${container}: ${liveness.reason}`,
    );
  }
  // Another path may lead to the same namespace.
  const there = checkLiveness(context, netNSPath, note.proof);
  if (note.netNSPath === netNSPath || there.kind === "alive") return true;
  throw new VmConfError(
    "invalid-netns",
    `failed to initialize netns: container ${container} is in ${
      quote(note.netNSPath)
    }, which was made for it: expected that one, found ${quote(netNSPath)}`,
    { path: "netNSPath" },
  );
}

/** The file of a crashed run that did not come to mount the namespace on it. */
function isOwnMountPoint(
  { system }: Context,
  note: NetnsNote,
  netNSPath: string,
): boolean {
  if (note.netNSPath !== netNSPath) return false;
  const status = readFileStatus(system.kernel(TASK), netNSPath);
  return typeof status !== "number" && status.device === note.file.device &&
    status.inode === note.file.inode;
}

function findLeftover(
  context: Context,
  requested: RequestedAttachment,
  target: Target,
): Leftover | undefined {
  const { network, attachment } = requested;
  const { usable } = target.records;
  const fileName = buildRecordName(network.name, attachment);
  const own = usable.find((record) => isRecordOf(record, requested));
  const sameFile = usable.find((record) => record.fileName === fileName);
  if (own === undefined && sameFile !== undefined) {
    throw foreignAttachmentError(sameFile);
  }
  const others = usable.filter((record) =>
    record !== own && record.attachment.ifName === attachment.ifName
  );
  const [other] = findRecordsInTarget(context, others, target);
  if (other !== undefined) throw foreignAttachmentError(other);
  return own === undefined
    ? findUnrecordedLeftover(context, requested, target, fileName)
    : findRecordedLeftover(context, requested, target, own);
}

function isRecordOf(
  { networkName, attachment }: AttachmentRecord,
  requested: RequestedAttachment,
): boolean {
  return networkName === requested.network.name &&
    attachment.containerID === requested.attachment.containerID &&
    attachment.ifName === requested.attachment.ifName;
}

function findRecordsInTarget(
  context: Context,
  records: readonly AttachmentRecord[],
  { netNSPath, state }: Target,
): AttachmentRecord[] {
  return findRecordsInNetns(context, records, netNSPath, state);
}

function findRecordedLeftover(
  context: Context,
  requested: RequestedAttachment,
  target: Target,
  own: AttachmentRecord,
): Leftover {
  const { containerID, netNSPath } = own.attachment;
  const liveness = checkLiveness(context, netNSPath, own.proof);
  if (liveness.kind === "unknown") {
    throw new VmConfError(
      "uncertain",
      `${TASK} ${describeAttachment(requested)}: it was added in ${
        quote(netNSPath)
      }, and it is unknown whether that still exists: ${liveness.reason}`,
      {
        hint:
          `If it is not needed any more: \`vmconf del --id ${containerID}\` deletes it.`,
      },
    );
  }
  const deletion = createDeletion(context, own);
  if (liveness.kind === "alive") {
    if (own.isComplete) requireReplace(requested, target);
    refuseRunningVm(context, requested, target, netNSPath, own);
  }
  // The record of another namespace does not explain a device in this one.
  const isInTarget = findRecordsInTarget(context, [own], target).length > 0;
  if (!isInTarget && hasRequestedDevice(context, requested, target)) {
    throw unrecordedDeviceError(requested);
  }
  return { deletion, mayFail: !own.isComplete || liveness.kind === "gone" };
}

/** What a record explains that cannot be used, or only the namespace's note. */
function findUnrecordedLeftover(
  context: Context,
  requested: RequestedAttachment,
  target: Target,
  fileName: string,
): Leftover | undefined {
  const { network, attachment } = requested;
  const unusable = target.records.unusable
    .find((record) => record.fileName === fileName);
  if (unusable?.kind === "unreadable") {
    throw unusableRecordError(context, unusable);
  }
  if (hasRequestedDevice(context, requested, target)) {
    if (!target.isOurs) throw unrecordedDeviceError(requested);
    if (unusable !== undefined) {
      requireReplace(requested, target, "Its record cannot be used");
    }
    refuseRunningVm(context, requested, target, attachment.netNSPath);
  } else if (unusable === undefined) return undefined;
  const known = { fileName, result: unusable?.result };
  const deletion = createRecordlessDeletion(network, attachment, known);
  return { deletion, mayFail: false };
}

function describeAttachment(
  { network, attachment }: RequestedAttachment,
): string {
  return `container ${quote(attachment.containerID)} to network ${
    quote(network.name)
  } as ${quote(attachment.ifName)}`;
}

/** Throws unless a complete attachment may be replaced. */
function requireReplace(
  requested: RequestedAttachment,
  { replace }: Target,
  recordHint?: string,
): void {
  if (replace !== false) return;
  const { network: { name }, attachment: { containerID } } = requested;
  const shown = recordHint ??
    `\`vmconf convert --from-cache ${name} --id ${containerID}\` prints its configuration`;
  throw new VmConfError(
    "already-added",
    `${TASK} ${
      describeAttachment(requested)
    }: it is already attached; nothing was changed`,
    {
      hint:
        `${shown}; \`vmconf del --id ${containerID}\` deletes it; --replace (in code: replace) deletes it and adds it again.`,
    },
  );
}

/**
 * A running VM would lose its network without its tap, and without what the tap is
 * connected to. Taps that other attachments recorded are not the VM's.
 */
function refuseRunningVm(
  context: Context,
  requested: RequestedAttachment,
  { replace, records }: Target,
  netNSPath: string,
  own?: AttachmentRecord,
): void {
  if (replace === "force" || netNSPath === "") return;
  const others = findRecordsInNetns(
    context,
    records.usable.filter((record) => record !== own),
    netNSPath,
  );
  const recorded = JSON.stringify(
    others.map(({ result }) => result?.interfaces),
  );
  const taps = listLinksAt(context.system.rtnl(TASK), netNSPath, TASK)
    .filter(({ kind, hasCarrier }) => kind === TAP_KIND && hasCarrier)
    .map(({ name }) => name)
    .filter((name) => !recorded.includes(JSON.stringify(name)));
  if (taps.length === 0) return;
  throw new VmConfError(
    "in-use",
    `${TASK} ${describeAttachment(requested)} again: a running VM has ${
      taps.map(quote).join(", ")
    } open; nothing was changed`,
    {
      hint:
        'Stop the VM first, or cut it off with --force-replace (in code: replace: "force").',
    },
  );
}

function foreignAttachmentError(record: AttachmentRecord): VmConfError {
  const { networkName, attachment, isOurs } = record;
  const { containerID, ifName, netNSPath } = attachment;
  return new VmConfError(
    "in-use",
    `${TASK} ${quote(ifName)} in ${quote(netNSPath)}: it belongs to container ${
      quote(containerID)
    }, which ${isOurs ? "vmconf" : "another runtime"} added to network ${
      quote(networkName)
    }; nothing was changed`,
    {
      hint:
        `Choose another id, interface name or namespace. To see whether it is in use: \`vmconf list --id ${containerID}\`.`,
    },
  );
}

/** The loopback device is in every namespace. */
function hasRequestedDevice(
  { system }: Context,
  { attachment: { ifName, netNSPath } }: RequestedAttachment,
  { state }: Target,
): boolean {
  if (state.kind !== "netns" || ifName === "lo") return false;
  return hasDevice(system.kernel(TASK), netNSPath, ifName, TASK);
}

function unrecordedDeviceError(requested: RequestedAttachment): VmConfError {
  const { ifName, netNSPath } = requested.attachment;
  return new VmConfError(
    "in-use",
    `${TASK} ${describeAttachment(requested)}: ${
      quote(netNSPath)
    } has a device ${quote(ifName)} that nobody recorded; nothing was changed`,
    {
      hint:
        "It may be a container's. Choose another interface name (--if-name) or namespace (--netns), or remove the device.",
    },
  );
}
