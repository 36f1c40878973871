/**
 * What is remembered of attachments, in the files of libcni's cache, so that
 * either side can check and delete what the other one added.
 *
 * A record is written before the first plugin is run, and again after each of
 * them with its result: after a crash it tells, libcni too, that there is
 * something to delete, and by which result. Some plugins leave their rules where
 * they are if they are not given one.
 */
import * as z from "zod/mini";
import { type Network, parseNetwork } from "../cni/network.ts";
import { quote, VmConfError } from "../errors.ts";
import type { Attachment } from "./attachment.ts";
import type { RawResult } from "./call.ts";
import type { Context } from "./context.ts";
import { failing, makeFolder, namesIn, readText, writeWhole } from "./state.ts";

/** What is remembered of an attachment. */
export interface AttachmentRecord {
  readonly attachment: Attachment;
  /** The network, as it was when the container was added to it. */
  readonly network: Network;
  /** The result of ADD, or of the last plugin that came to its end. */
  readonly result?: RawResult;
  /** Whether ADD came to its end. */
  readonly isComplete: boolean;
  /** When it was written, in milliseconds. */
  readonly time: number;
}

const KIND = "cniCacheV1";

/** In libcni's spelling, `[]byte` as base64. */
const file = z.looseObject({
  kind: z.literal(KIND),
  containerId: z.string(),
  config: z.string(),
  ifName: z.string(),
  networkName: z.string(),
  netns: z.nullish(z.string()),
  cniArgs: z.nullish(z.array(z.tuple([z.string(), z.string()]))),
  capabilityArgs: z.nullish(z.record(z.string(), z.unknown())),
  result: z.nullish(z.looseObject({ cniVersion: z.string() })),
  // Ours alone: libcni ignores it.
  vmconf: z.nullish(z.object({ isComplete: z.boolean() })),
});

function folderOf({ cacheDir }: Context): string {
  return `${cacheDir}/results`;
}

function pathOf(context: Context, network: string, attachment: Key): string {
  const { containerID, ifName } = attachment;
  return `${folderOf(context)}/${network}-${containerID}-${ifName}`;
}

type Key = Pick<Attachment, "containerID" | "ifName">;

/**
 * Reads the record of an attachment.
 *
 * @param context The folder.
 * @param network The network's name.
 * @param key The container and the interface.
 * @returns The record, or `undefined` if there is none.
 * @throws {VmConfError} `cache-failed` if it cannot be read or is another's.
 */
export function readRecord(
  context: Context,
  network: string,
  key: Key,
): AttachmentRecord | undefined {
  const path = pathOf(context, network, key);
  const text = readText(path);
  if (text === undefined) return undefined;
  const record = decode(path, text);
  // "a-b" and "c" have the same file as "a" and "b-c".
  const isIt = record?.network.name === network &&
    record.attachment.containerID === key.containerID;
  if (isIt) return record;
  throw new VmConfError(
    "cache-failed",
    `Cannot read ${quote(path)}: expected the record of network ${
      quote(network)
    } and container ${quote(key.containerID)}, found ${
      record === undefined
        ? "something else"
        : `that of ${quote(record.network.name)} and ${
          quote(record.attachment.containerID)
        }`
    }`,
    { hint: "Choose another id, or remove the file if it is of no use." },
  );
}

/**
 * Lists the records, the oldest first.
 *
 * @param context The folder.
 * @param containerID The container whose records are wanted; unset: all.
 * @returns The records; files that are none are left out, as in libcni.
 */
export function listRecords(
  context: Context,
  containerID?: string,
): AttachmentRecord[] {
  return namesIn(folderOf(context))
    // Others need not be read; the name alone may fit by accident.
    .filter((name) =>
      containerID === undefined || name.includes(`-${containerID}-`)
    )
    .map((name) => {
      const path = `${folderOf(context)}/${name}`;
      return decode(path, readText(path) ?? "");
    })
    .filter((record) => record !== undefined)
    .filter(({ attachment }) =>
      containerID === undefined || attachment.containerID === containerID
    )
    .sort((a, b) => a.time - b.time);
}

function decode(path: string, text: string): AttachmentRecord | undefined {
  try {
    const raw = z.parse(file, JSON.parse(text));
    return {
      attachment: {
        containerID: raw.containerId,
        netNSPath: raw.netns ?? sandboxOf(raw.result) ?? "",
        ifName: raw.ifName,
        args: raw.cniArgs ?? [],
        capabilityArgs: raw.capabilityArgs ?? {},
      },
      network: parseNetwork(textOfBase64(raw.config)),
      ...(raw.result && { result: raw.result }),
      isComplete: Boolean(raw.result) && raw.vmconf?.isComplete !== false,
      time: Deno.statSync(path).mtime?.getTime() ?? 0,
    };
  } catch {
    return undefined;
  }
}

/**
 * The namespace, from the result: libcni before 1.2 does not note it. A VM's
 * interface has the VM's id there, which is no path.
 */
function sandboxOf(result: unknown): string | undefined {
  const { interfaces } = Object(result);
  if (!Array.isArray(interfaces)) return undefined;
  return interfaces.map((it) => Object(it).sandbox).find((sandbox) =>
    typeof sandbox === "string" && sandbox.startsWith("/")
  );
}

/**
 * Writes the record of an attachment, whole or not at all.
 *
 * @param context The folder.
 * @param network The network.
 * @param attachment The attachment.
 * @param state The result so far, and whether it is that of ADD.
 * @throws {VmConfError} `cache-failed`
 */
export function writeRecord(
  context: Context,
  network: Network,
  attachment: Attachment,
  { result, isComplete }: Pick<AttachmentRecord, "result" | "isComplete">,
): void {
  const { containerID, ifName, netNSPath, args, capabilityArgs } = attachment;
  makeFolder(folderOf(context));
  writeWhole(
    context,
    containerID,
    pathOf(context, network.name, attachment),
    JSON.stringify({
      kind: KIND,
      containerId: containerID,
      config: base64Of(network.text),
      ifName,
      networkName: network.name,
      netns: netNSPath,
      ...(args.length > 0 && { cniArgs: args }),
      ...(Object.keys(capabilityArgs).length > 0 && { capabilityArgs }),
      ...(result && { result }),
      vmconf: { isComplete },
    }),
  );
}

/**
 * Removes the record of an attachment, if there is one.
 *
 * @param context The folder.
 * @param network The network's name.
 * @param key The container and the interface.
 * @throws {VmConfError} `cache-failed`
 */
export function removeRecord(
  context: Context,
  network: string,
  key: Key,
): void {
  const path = pathOf(context, network, key);
  failing("remove", path, () => Deno.removeSync(path));
}

function base64Of(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function textOfBase64(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
