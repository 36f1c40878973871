/**
 * May `add` go on? Whatever is where the attachments are to be must be explained:
 * by a record of this very attachment, or by the note of a namespace that was made
 * for this container. Nothing is changed here.
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
  checkLiveness,
  examineNetnsPath,
  unusableNetnsError,
} from "./state/netns.ts";
import {
  type NetnsNote,
  readNetnsNote,
  requireSafePath,
} from "./state/own_netns.ts";
import {
  type AttachmentRecord,
  buildRecordName,
  checkRecordLiveness,
  readRecords,
  type Records,
  unusableRecordError,
} from "./state/records.ts";
import type { RequestedAttachment } from "./request.ts";
import { findRecordsInNetns } from "./state/unused_netns.ts";

/** How messages about what is in the way begin. */
const TASK = "Cannot add";

/** What `add` may do about what is in its way. */
export interface Allowances {
  /** Whether complete attachments are made anew, and whether under a running VM. */
  readonly replace: boolean | "force";
}

/** Something that has to be deleted first. */
export interface Leftover {
  readonly deletion: Deletion;
  /** Whether ADD decides if it cannot be deleted. */
  readonly mayFail: boolean;
}

/** What is to be done before anything is added. */
export interface Preparation {
  readonly leftovers: readonly Leftover[];
  /** A note of a namespace that is gone. */
  readonly staleNote?: NetnsNote;
  /** Whether the namespace has to be made. */
  readonly makesNetns: boolean;
}

/** What is known of the place where attachments are to be. */
interface Place {
  readonly netNSPath: string;
  readonly state: NetnsState;
  /** Whether the namespace was made for this container. */
  readonly isOurs: boolean;
  readonly records: Records;
}

/** Looks for what is in the way of attachments. */
export function examineEvidence(
  context: Context,
  containerID: string,
  netNSPath: string,
  wanted: readonly RequestedAttachment[],
  allowances: Allowances,
): Preparation {
  const made = readOwnNote(context, containerID);
  const isNoteAlive = made !== undefined &&
    isOwnNoteAlive(context, made, netNSPath);
  const found = examineNetnsPath(context, netNSPath);
  const isOwnFile = made !== undefined && found.kind === "other" &&
    isOwnMountPoint(context, made, netNSPath);
  const state: NetnsState = isOwnFile ? { kind: "absent" } : found;
  if (state.kind === "other" || state.kind === "unknown") {
    throw unusableNetnsError(netNSPath, state);
  }
  const makesNetns = state.kind === "absent";
  if (makesNetns) requireSafePath(context, netNSPath);
  const records = readRecords(context);
  const place = { netNSPath, state, isOurs: isNoteAlive, records };
  const leftovers = wanted.flatMap((it) =>
    findLeftover(context, it, place, allowances) ?? []
  );
  return {
    leftovers,
    makesNetns,
    ...made !== undefined && !isNoteAlive && { staleNote: made },
  };
}

function readOwnNote(
  context: Context,
  containerID: string,
): NetnsNote | undefined {
  const made = readNetnsNote(context, containerID);
  if (!(made instanceof VmConfError)) return made;
  // It is no proof, so its namespace is like one that anybody made.
  emitNote(context, made.message);
  return undefined;
}

function isOwnNoteAlive(
  context: Context,
  made: NetnsNote,
  netNSPath: string,
): boolean {
  const life = checkLiveness(context, made);
  if (life.kind === "gone") return false;
  const container = quote(made.containerID);
  if (life.kind === "unknown") {
    throw new VmConfError(
      "uncertain",
      `failed to initialize netns: cannot tell what has become of ${
        quote(made.netNSPath)
      }, which was made for container ${container}: ${life.reason}`,
    );
  }
  // Another path may lead to the same namespace.
  const there = checkLiveness(context, { netNSPath, proof: made.proof });
  if (made.netNSPath === netNSPath || there.kind === "alive") return true;
  throw new VmConfError(
    "invalid-netns",
    `failed to initialize netns: container ${container} is in ${
      quote(made.netNSPath)
    }, which was made for it: expected that one, found ${quote(netNSPath)}`,
    { path: "netNSPath" },
  );
}

/** A crash came before the namespace was mounted on it. */
function isOwnMountPoint(
  { system }: Context,
  made: NetnsNote,
  netNSPath: string,
): boolean {
  if (made.netNSPath !== netNSPath) return false;
  const status = readFileStatus(system.kernel(TASK), netNSPath);
  return typeof status !== "number" && status.device === made.file.device &&
    status.inode === made.file.inode;
}

function findLeftover(
  context: Context,
  wanted: RequestedAttachment,
  place: Place,
  allowances: Allowances,
): Leftover | undefined {
  const { network, attachment } = wanted;
  const fileName = buildRecordName(network.name, attachment);
  const { usable, unusable } = place.records;
  const own = usable.find((record) => isRecordOf(record, wanted));
  const unused = unusable.find((record) => record.fileName === fileName);
  const stranger = usable.find((record) => record.fileName === fileName);
  if (own === undefined && stranger !== undefined) {
    throw foreignAttachmentError(stranger);
  }
  refuseForeignAttachment(context, wanted, place, own);
  if (own !== undefined) {
    const leftover = judgeOwnRecord(context, own, place.records, allowances);
    // Of another namespace, it explains nothing in this one.
    if (!isInNetns(context, own, place)) {
      refuseUnrecordedDevice(context, wanted, place);
    }
    return leftover;
  }
  if (unused?.kind === "unreadable") throw unusableRecordError(context, unused);
  const isThere = hasInterface(context, wanted, place);
  if (unused === undefined && !isThere) return undefined;
  if (isThere) {
    if (!place.isOurs) throw unrecordedDeviceError(wanted);
    const others = findOthers(context, place.records, attachment.netNSPath);
    if (unused === undefined) {
      refuseRunningVm(context, wanted, allowances, others);
    } else requireReplace(context, wanted, allowances, others, "unusable");
  }
  const known = { fileName, result: unused?.result };
  return {
    deletion: createRecordlessDeletion(network, attachment, known),
    mayFail: false,
  };
}

function isRecordOf(
  { networkName, attachment }: AttachmentRecord,
  wanted: RequestedAttachment,
): boolean {
  return networkName === wanted.network.name &&
    attachment.containerID === wanted.attachment.containerID &&
    attachment.ifName === wanted.attachment.ifName;
}

function isInNetns(
  context: Context,
  record: AttachmentRecord,
  { netNSPath, state }: Place,
): boolean {
  return findRecordsInNetns(context, [record], netNSPath, state).length > 0;
}

function judgeOwnRecord(
  context: Context,
  own: AttachmentRecord,
  records: Records,
  allowances: Allowances,
): Leftover {
  const life = checkRecordLiveness(context, own);
  const wanted = {
    network: { name: own.networkName },
    attachment: own.attachment,
  };
  if (life.kind === "unknown") {
    const { containerID, netNSPath } = own.attachment;
    throw new VmConfError(
      "uncertain",
      `${TASK} ${describeAttachment(wanted)}: it was added in ${
        quote(netNSPath)
      }, and nobody can tell what has become of that: ${life.reason}`,
      {
        hint:
          `If it is of no use any more: \`vmconf del --id ${containerID}\` deletes it.`,
      },
    );
  }
  const deletion = createDeletion(context, own);
  if (life.kind === "alive") {
    const others = findOthers(context, records, own.attachment.netNSPath, own);
    const examine = own.isComplete ? requireReplace : refuseRunningVm;
    examine(context, wanted, allowances, others);
  }
  return { deletion, mayFail: !own.isComplete || life.kind === "gone" };
}

/** The other attachments in a namespace. */
function findOthers(
  context: Context,
  { usable }: Records,
  netNSPath: string,
  own?: AttachmentRecord,
): AttachmentRecord[] {
  const others = usable.filter((record) => record !== own);
  return findRecordsInNetns(
    context,
    others,
    netNSPath,
    examineNetnsPath(context, netNSPath),
  );
}

/** What names an attachment in a message. */
interface Described {
  readonly network: { readonly name: string };
  readonly attachment: {
    readonly containerID: string;
    readonly ifName: string;
    readonly netNSPath: string;
  };
}

function describeAttachment({ network, attachment }: Described): string {
  return `container ${quote(attachment.containerID)} to network ${
    quote(network.name)
  } as ${quote(attachment.ifName)}`;
}

function requireReplace(
  context: Context,
  wanted: Described,
  allowances: Allowances,
  others: readonly AttachmentRecord[],
  record?: "unusable",
): void {
  const { network: { name }, attachment: { containerID } } = wanted;
  const shown = record === "unusable"
    ? "Its record cannot be used"
    : `\`vmconf convert --from-cache ${name} --container-id ${containerID}\` prints its configuration`;
  if (allowances.replace === false) {
    throw new VmConfError(
      "already-added",
      `${TASK} ${
        describeAttachment(wanted)
      }: it is attached already, and nothing was changed`,
      {
        hint:
          `${shown}; \`vmconf del --id ${containerID}\` deletes it; --replace (in code: replace) makes it anew.`,
      },
    );
  }
  refuseRunningVm(context, wanted, allowances, others);
}

/**
 * Deleting the tap of a running VM cuts it off, and so does deleting what its tap
 * is connected to. Only what belongs to others is not its tap.
 */
function refuseRunningVm(
  context: Context,
  wanted: Described,
  { replace }: Allowances,
  others: readonly AttachmentRecord[],
): void {
  if (replace === "force") return;
  const { netNSPath } = wanted.attachment;
  if (netNSPath === "") return;
  const known = JSON.stringify(others.map(({ result }) => result?.interfaces));
  const taps = listLinksAt(context.system.rtnl(TASK), netNSPath, TASK)
    .filter(({ kind, hasCarrier }) => kind === TAP_KIND && hasCarrier)
    .map(({ name }) => name)
    .filter((name) => !known.includes(JSON.stringify(name)));
  if (taps.length === 0) return;
  throw new VmConfError(
    "in-use",
    `${TASK} ${describeAttachment(wanted)} anew: a running VM has ${
      taps.map(quote).join(", ")
    } open, and nothing was changed`,
    {
      hint:
        'Stop the VM first, or cut it off with --force-replace (in code: replace: "force").',
    },
  );
}

/** Somebody else's attachment of this name in this namespace. */
function refuseForeignAttachment(
  context: Context,
  { attachment }: RequestedAttachment,
  { netNSPath, state, records }: Place,
  own: AttachmentRecord | undefined,
): void {
  const others = records.usable.filter((record) =>
    record !== own && record.attachment.ifName === attachment.ifName
  );
  const [other] = findRecordsInNetns(context, others, netNSPath, state);
  if (other !== undefined) throw foreignAttachmentError(other);
}

function foreignAttachmentError(other: AttachmentRecord): VmConfError {
  const { networkName, attachment, isOurs } = other;
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
        `Choose another id, interface name or namespace. Whether it is of use: \`vmconf list --id ${containerID}\`.`,
    },
  );
}

function refuseUnrecordedDevice(
  context: Context,
  wanted: RequestedAttachment,
  place: Place,
): void {
  if (hasInterface(context, wanted, place)) throw unrecordedDeviceError(wanted);
}

/** The loopback device is in every namespace. */
function hasInterface(
  { system }: Context,
  { attachment: { ifName, netNSPath } }: RequestedAttachment,
  { state }: Place,
): boolean {
  if (state.kind !== "netns" || ifName === "lo") return false;
  return hasDevice(system.kernel(TASK), netNSPath, ifName, TASK);
}

function unrecordedDeviceError(wanted: RequestedAttachment): VmConfError {
  const { ifName, netNSPath } = wanted.attachment;
  return new VmConfError(
    "in-use",
    `${TASK} ${describeAttachment(wanted)}: ${quote(netNSPath)} has a device ${
      quote(ifName)
    } that nobody recorded, and nothing was changed`,
    {
      hint:
        "It may be a container's. Choose another interface name (--if-name) or namespace (--netns), or remove the device.",
    },
  );
}
