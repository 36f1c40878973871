/**
 * The records of attachments. They are files of libcni's cache, so that vmconf and
 * libcni can check and delete what the other one added.
 *
 * A record is written before the first plugin is run, and again after each plugin
 * with its result. So after a crash vmconf and libcni know that there is something
 * to delete, and by which result: without it some plugins leave their rules.
 */
import * as z from "zod/mini";
import { requireWritable } from "../../cni/json_text.ts";
import type { NetworkConfig } from "../../cni/network.ts";
import { quote, requireVmConfError, VmConfError } from "../../errors.ts";
import { isCniName } from "../../names.ts";
import { type Context, emitNote } from "../context.ts";
import type { RawResult } from "../plugins/result.ts";
import {
  type Attachment,
  type AttachmentRequest,
  getNetworkName,
  validateAttachment,
} from "../request.ts";
import { NETNS_PROOF, type NetnsProof } from "./netns_liveness.ts";
import { getCacheFolder, listNames } from "./cache_folder.ts";
import { readOwnJson, removeFile, writeOwnJson } from "./own_files.ts";

/** What is recorded of an attachment. */
export interface RecordContent {
  readonly fileName: string;
  readonly attachment: Attachment;
  /** The network's name. */
  readonly networkName: string;
  /** The network's configuration of that time: JSON text as base64. */
  readonly config: string;
  /** The result of ADD, or of the last plugin that succeeded. */
  readonly result?: RawResult;
  /** Whether ADD completed. */
  readonly isComplete: boolean;
  /** The version of CNI that the plugins were called with, if recorded. */
  readonly cniVersion?: string;
  /** Proof of the namespace, if recorded. */
  readonly proof?: NetnsProof;
}

/** A record that was read. */
export interface AttachmentRecord extends RecordContent {
  /** Whether vmconf added it. */
  readonly isOurs: boolean;
  /** When the file was written, in milliseconds. */
  readonly time: number;
}

/** A file that should be a record, and cannot be used as one. */
export interface UnusableRecord {
  readonly fileName: string;
  /**
   * `malformed`: it can never be used; `unreadable`: it cannot be read at the moment;
   * `legacy`: it only has the result, as libcni wrote it before 0.8.
   */
  readonly kind: "malformed" | "unreadable" | "legacy";
  readonly reason: string;
  /** The result of ADD, if it is known. */
  readonly result?: RawResult;
}

/** The files in the folder of records. */
export interface Records {
  /** The oldest first. */
  readonly usable: readonly AttachmentRecord[];
  readonly unusable: readonly UnusableRecord[];
}

const KIND = "cniCacheV1";

/** libcni's spelling; it writes `[]byte` as base64. */
const recordFile = z.looseObject({
  kind: z.literal(KIND),
  containerId: z.string(),
  config: z.string().check(z.regex(/^[A-Za-z0-9+/]*={0,2}$/)),
  ifName: z.string(),
  networkName: z.string().check(z.refine(isCniName)),
  netns: z.nullish(z.string()),
  cniArgs: z.nullish(z.array(z.tuple([z.string(), z.string()]))),
  capabilityArgs: z.nullish(z.record(z.string(), z.unknown())),
  result: z.nullish(z.looseObject({ cniVersion: z.string() })),
  // Only ours; libcni ignores it.
  vmconf: z.nullish(z.object({
    isComplete: z.boolean(),
    cniVersion: z.optional(z.string()),
    netns: z.optional(NETNS_PROOF),
  })),
});

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

/** Reads cache folders inside this one: firecracker-go-sdk has one for each VM. */
export function readNestedRecords(
  context: Context,
): { readonly context: Context; readonly records: Records }[] {
  return listNames(context, context.cacheDir)
    .filter((name) => !["results", "vmconf"].includes(name))
    .map((name) => ({ ...context, cacheDir: `${context.cacheDir}/${name}` }))
    .map((context) => ({ context, records: readRecords(context) }));
}

/** The records of a container that a request is about. */
export function selectRecords(
  { usable }: Records,
  { containerID, networks, ifNames }: AttachmentRequest,
): AttachmentRecord[] {
  const names = networks?.map(getNetworkName);
  return usable.filter(({ networkName, attachment }) =>
    attachment.containerID === containerID &&
    (names === undefined || names.includes(networkName)) &&
    (ifNames === undefined || ifNames.includes(attachment.ifName))
  );
}

export function excludeRecords(
  { usable, unusable }: Records,
  removed: readonly { readonly fileName: string }[],
): Records {
  const names = new Set(removed.map(({ fileName }) => fileName));
  const isLeft = ({ fileName }: { readonly fileName: string }) =>
    !names.has(fileName);
  return { usable: usable.filter(isLeft), unusable: unusable.filter(isLeft) };
}

/** Undefined if somebody removed it meanwhile. */
function readRecord(
  context: Context,
  fileName: string,
): AttachmentRecord | UnusableRecord | undefined {
  const path = `${getCacheFolder(context, "results")}/${fileName}`;
  const content = readOwnJson(context.system, path);
  if (content.kind === "absent") return undefined;
  if (content.kind !== "json") return { fileName, ...content };
  try {
    return decodeRecord(fileName, content.value, content.time);
  } catch (error) {
    const reason = error instanceof VmConfError
      ? error.message
      : "it is not a record of an attachment";
    return { fileName, kind: "malformed", reason };
  }
}

function decodeRecord(
  fileName: string,
  written: unknown,
  time: number,
): AttachmentRecord | UnusableRecord {
  requireWritable(written);
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
 * Finds the namespace's path in a result: libcni before 1.2 does not record it. The
 * sandbox of a VM's interface is the VM's id, which is no path.
 */
export function findSandboxPath(result: unknown): string | undefined {
  const { interfaces } = Object(result);
  if (!Array.isArray(interfaces)) return undefined;
  return interfaces.map((it) => Object(it).sandbox).find((sandbox) =>
    typeof sandbox === "string" && sandbox.startsWith("/")
  );
}

/** The name of a record's file, as in libcni. */
export function buildRecordName(
  network: string,
  { containerID, ifName }: Pick<Attachment, "containerID" | "ifName">,
): string {
  return `${network}-${containerID}-${ifName}`;
}

/** The networks and interfaces that the name of a container's record may mean. */
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
    if (isCniName(network) && ifName !== "") found.push({ network, ifName });
  }
  return found;
}

/** The record of an attachment before its first plugin is run. */
export function createRecord(
  network: NetworkConfig,
  attachment: Attachment,
  cniVersion: string,
  proof: NetnsProof,
): RecordContent {
  return {
    fileName: buildRecordName(network.name, attachment),
    attachment,
    networkName: network.name,
    config: encodeBase64(network.text),
    isComplete: false,
    cniVersion,
    proof,
  };
}

/** Called before a deletion: if it does not complete, the next operation knows. */
export function markIncomplete(
  context: Context,
  record: RecordContent,
): void {
  try {
    writeRecord(context, { ...record, isComplete: false });
  } catch (error) {
    const { message } = requireVmConfError(error);
    // Deleting must be possible on a full disk.
    emitNote(context, `the start of the deletion was not recorded: ${message}`);
  }
}

/** A new record must not replace another one. */
export function writeRecord(
  context: Context,
  record: RecordContent,
  isNew = false,
): void {
  const { fileName, networkName, config, attachment, result } = record;
  const { isComplete, cniVersion, proof } = record;
  const { containerID, ifName, netNSPath, args, capabilityArgs } = attachment;
  const path = `${getCacheFolder(context, "results")}/${fileName}`;
  const value = {
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
  };
  writeOwnJson(context, { path, value, owner: containerID, isNew });
}

export function removeRecord(context: Context, fileName: string): void {
  removeFile(context, `${getCacheFolder(context, "results")}/${fileName}`);
}

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
        ? "Nothing was changed. Try again when it can be read."
        : "Its name contains the container's id: `vmconf del --id ID` deletes that attachment. If there is none, remove the file.",
    },
  );
}

function encodeBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** The configuration of a record as JSON text. */
export function decodeConfig({ config }: { readonly config: string }): string {
  try {
    const bytes = Uint8Array.from(atob(config), (char) => char.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch (cause) {
    throw new VmConfError(
      "invalid-network",
      "The recorded network configuration is not base64",
      { cause },
    );
  }
}
