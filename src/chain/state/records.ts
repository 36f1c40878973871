/**
 * What is known of attachments: the files of libcni's cache, so that either side
 * can check and delete what the other one added.
 *
 * A record is written before the first plugin is run, and again after each of
 * them with its result: after a crash it tells, libcni too, that there is
 * something to delete, and by which result. Some plugins leave their rules where
 * they are if they are not given one.
 */
import * as z from "zod/mini";
import { mustBeWritable } from "../../cni/json_text.ts";
import { NAME, type NetworkConfig } from "../../cni/network.ts";
import { quote, VmConfError } from "../../errors.ts";
import type { RawResult } from "../plugins/call.ts";
import { type Context, emitNote } from "../context.ts";
import {
  checkLiveness,
  type NetnsLiveness,
  type NetnsProof,
  PROOF,
} from "./netns.ts";
import {
  getCacheFolder,
  listNames,
  OWN_FILE,
  readSmallFile,
  removeFile,
  writeFileAtomically,
} from "./own_files.ts";
import { type Attachment, validateAttachment } from "../request.ts";

/** What is known of an attachment. */
export interface AttachmentRecord {
  /** The name of its file. */
  readonly fileName: string;
  readonly attachment: Attachment;
  /** The network's name. */
  readonly networkName: string;
  /** The network, as it was when the container was added to it: JSON as base64. */
  readonly config: string;
  /** The result of ADD, or of the last plugin that came to its end. */
  readonly result?: RawResult;
  /** Whether ADD came to its end. */
  readonly isComplete: boolean;
  /** Whether it was vmconf that added it. */
  readonly isOurs: boolean;
  /** The version of the protocol that was spoken, if it was noted. */
  readonly cniVersion?: string;
  /** Which namespace it was, if that was noted. */
  readonly proof?: NetnsProof;
  /** When it was written, in milliseconds. */
  readonly time: number;
}

/** A file that should be a record, and cannot be used as one. */
export interface UnusableRecord {
  readonly fileName: string;
  /**
   * `malformed`: it will never be of use; `unreadable`: it cannot be read at the
   * moment; `legacy`: it only has the result, as libcni wrote it before 0.8.
   */
  readonly kind: "malformed" | "unreadable" | "legacy";
  readonly reason: string;
  /** The result of ADD, if it is known. */
  readonly result?: RawResult;
}

/** All that is in the folder of records. */
export interface Records {
  /** The records, the oldest first. */
  readonly usable: readonly AttachmentRecord[];
  readonly unusable: readonly UnusableRecord[];
}

const KIND = "cniCacheV1";

/** In libcni's spelling, `[]byte` as base64. */
const recordFile = z.looseObject({
  kind: z.literal(KIND),
  containerId: z.string(),
  config: z.string().check(z.regex(/^[A-Za-z0-9+/]*={0,2}$/)),
  ifName: z.string(),
  networkName: z.string().check(z.regex(NAME)),
  netns: z.nullish(z.string()),
  cniArgs: z.nullish(z.array(z.tuple([z.string(), z.string()]))),
  capabilityArgs: z.nullish(z.record(z.string(), z.unknown())),
  result: z.nullish(z.looseObject({ cniVersion: z.string() })),
  // Ours alone: libcni ignores it.
  vmconf: z.nullish(z.object({
    isComplete: z.boolean(),
    cniVersion: z.optional(z.string()),
    netns: z.optional(PROOF),
  })),
});

/** Reads records. */
export function readRecords(
  context: Context,
  isMeant: (fileName: string) => boolean = () => true,
): Records {
  const usable: AttachmentRecord[] = [];
  const unusable: UnusableRecord[] = [];
  const names = listNames(context, getCacheFolder(context, "results")).filter(
    isMeant,
  );
  for (const name of names) {
    const read = readRecord(context, name);
    if (read === undefined) continue;
    if ("attachment" in read) usable.push(read);
    else unusable.push(read);
  }
  usable.sort((a, b) => a.time - b.time);
  return { usable, unusable };
}

/**
 * Reads the records of other cache folders, which are in this one:
 * firecracker-go-sdk has one for each VM.
 */
export function readNestedRecords(
  context: Context,
): { readonly context: Context; readonly records: Records }[] {
  return listNames(context, context.cacheDir)
    .filter((name) => !["results", "vmconf"].includes(name))
    .map((name) => ({ ...context, cacheDir: `${context.cacheDir}/${name}` }))
    .map((context) => ({ context, records: readRecords(context) }));
}

/** Leaves records out. */
export function excludeRecords(
  { usable, unusable }: Records,
  removed: readonly { readonly fileName: string }[],
): Records {
  const names = new Set(removed.map(({ fileName }) => fileName));
  const isLeft = ({ fileName }: { readonly fileName: string }) =>
    !names.has(fileName);
  return { usable: usable.filter(isLeft), unusable: unusable.filter(isLeft) };
}

/** Nothing, if somebody removed it meanwhile. */
function readRecord(
  context: Context,
  fileName: string,
): AttachmentRecord | UnusableRecord | undefined {
  const path = `${getCacheFolder(context, "results")}/${fileName}`;
  const content = readSmallFile(context.system, path, OWN_FILE);
  if (content.kind === "absent") return undefined;
  if (content.kind !== "text") return { fileName, ...content };
  try {
    return decodeRecord(fileName, content.text, content.time);
  } catch (error) {
    const reason = error instanceof VmConfError
      ? error.message
      : "it is no record of an attachment";
    return { fileName, kind: "malformed", reason };
  }
}

function decodeRecord(
  fileName: string,
  text: string,
  time: number,
): AttachmentRecord | UnusableRecord {
  const written: unknown = JSON.parse(text);
  mustBeWritable(written);
  const legacy = findLegacyResult(written);
  if (legacy !== undefined) {
    const reason = "libcni before 0.8 wrote it: it only has the result";
    return { fileName, kind: "legacy", reason, result: legacy };
  }
  const raw = z.parse(recordFile, written);
  const attachment: Attachment = {
    containerID: raw.containerId,
    netNSPath: raw.netns ?? findSandboxPath(raw.result) ?? "",
    ifName: raw.ifName,
    args: raw.cniArgs ?? [],
    capabilityArgs: raw.capabilityArgs ?? {},
  };
  validateAttachment(attachment);
  const { vmconf } = raw;
  return {
    fileName,
    attachment,
    networkName: raw.networkName,
    config: raw.config,
    ...(raw.result && { result: raw.result }),
    isComplete: Boolean(raw.result) && vmconf?.isComplete !== false,
    isOurs: Boolean(vmconf),
    cniVersion: vmconf?.cniVersion,
    proof: vmconf?.netns,
    time,
  };
}

function findLegacyResult(written: unknown): RawResult | undefined {
  const members: Record<string, unknown> = Object(written);
  const { kind, cniVersion } = members;
  return kind === undefined && typeof cniVersion === "string"
    ? { ...members, cniVersion }
    : undefined;
}

/**
 * Finds the namespace in a result: libcni before 1.2 does not note it. A VM's
 * interface has the VM's id there, which is no path.
 */
export function findSandboxPath(result: unknown): string | undefined {
  const { interfaces } = Object(result);
  if (!Array.isArray(interfaces)) return undefined;
  return interfaces.map((it) => Object(it).sandbox).find((sandbox) =>
    typeof sandbox === "string" && sandbox.startsWith("/")
  );
}

/** The container and the interface that a record is of. */
type Key = Pick<Attachment, "containerID" | "ifName">;

/** The name of the file of an attachment's record, as libcni makes it. */
export function buildRecordName(
  network: string,
  { containerID, ifName }: Key,
): string {
  return `${network}-${containerID}-${ifName}`;
}

/**
 * Reads the names of network and interface out of the name of a container's
 * record.
 */
export function splitRecordName(
  fileName: string,
  containerID: string,
): { readonly network: string; readonly ifName: string }[] {
  const middle = `-${containerID}-`;
  const found: { network: string; ifName: string }[] = [];
  for (
    let at = fileName.indexOf(middle);
    at >= 0;
    at = fileName.indexOf(middle, at + 1)
  ) {
    const network = fileName.slice(0, at);
    const ifName = fileName.slice(at + middle.length);
    if (NAME.test(network) && ifName !== "") found.push({ network, ifName });
  }
  return found;
}

/** Tells what has become of the namespace of an attachment. */
export function checkRecordLiveness(
  context: Context,
  { attachment: { netNSPath }, proof }: Pick<
    AttachmentRecord,
    "attachment" | "proof"
  >,
): NetnsLiveness {
  return checkLiveness(context, { netNSPath, proof });
}

/** What a record holds in addition to the attachment. */
export interface RecordState {
  readonly isComplete: boolean;
  readonly result?: RawResult;
  readonly cniVersion: string;
  readonly proof: NetnsProof;
  /** Whether there must be no record yet. */
  readonly isNew?: boolean;
}

/** Writes the record of an attachment, whole or not at all. */
export function writeRecord(
  context: Context,
  network: NetworkConfig,
  attachment: Attachment,
  { isNew, ...state }: RecordState,
): void {
  const fileName = buildRecordName(network.name, attachment);
  const networkName = network.name;
  const config = encodeBase64(network.text);
  const record = { fileName, networkName, config, attachment, ...state };
  writeRecordFile(context, record, isNew);
}

/**
 * Notes that an attachment of ours is not complete any more, as it is about to be
 * deleted: if that is not finished, the next operation knows.
 */
export function markUnfinished(
  context: Context,
  record: AttachmentRecord,
): void {
  try {
    writeRecordFile(context, { ...record, isComplete: false });
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    // On a full disk, too, it must be possible to delete.
    emitNote(context, `not noted as being deleted: ${error.message}`);
  }
}

function writeRecordFile(
  context: Context,
  record: Omit<AttachmentRecord, "isOurs" | "time">,
  isNew?: boolean,
): void {
  const { fileName, networkName, config, attachment, result } = record;
  const { isComplete, cniVersion, proof } = record;
  const { containerID, ifName, netNSPath, args, capabilityArgs } = attachment;
  const path = `${getCacheFolder(context, "results")}/${fileName}`;
  const text = JSON.stringify({
    kind: KIND,
    containerId: containerID,
    config,
    ifName,
    networkName,
    netns: netNSPath,
    ...(args.length > 0 && { cniArgs: args }),
    ...(Object.keys(capabilityArgs).length > 0 && { capabilityArgs }),
    ...(result && { result }),
    vmconf: { isComplete, cniVersion, netns: proof },
  });
  writeFileAtomically(context, containerID, path, text, { isNew });
}

/** Removes a record, if it is there. */
export function removeRecord(context: Context, fileName: string): void {
  removeFile(context, `${getCacheFolder(context, "results")}/${fileName}`);
}

/** Makes the error of a record that cannot be used. */
export function unusableRecordError(
  context: Context,
  { fileName, reason, kind }: UnusableRecord,
): VmConfError {
  const path = `${getCacheFolder(context, "results")}/${fileName}`;
  return new VmConfError(
    "cache-failed",
    `Cannot use the record ${quote(path)}: ${reason}`,
    {
      hint: kind === "unreadable"
        ? "Nothing was done with it. Try again when it can be read."
        : "`vmconf del --id ID`, with the id that its name has, deletes what it was the record of. If there is nothing: remove the file.",
    },
  );
}

function encodeBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Decodes the configuration of a record. */
export function decodeConfig({ config }: { readonly config: string }): string {
  try {
    const bytes = Uint8Array.from(atob(config), (char) => char.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch (cause) {
    throw new VmConfError(
      "invalid-network",
      "The recorded network configuration is no base64",
      { cause },
    );
  }
}
