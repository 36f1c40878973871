/**
 * The namespaces that vmconf makes. A note is written before a namespace can be seen;
 * the namespace is removed only if it is exactly the noted one.
 */
import * as z from "zod/mini";
import { quote, requireVmConfError, VmConfError } from "../../errors.ts";
import { isCniName } from "../../names.ts";
import { errnoText } from "../../linux/abi/errno.ts";
import { type FileStatus, readFileStatus } from "../../linux/file_status.ts";
import {
  makeMountPoint,
  makeNetns,
  mountNetns,
  NAMED_NETNS_DIR,
  nameMountPoint,
  prepareNamedFolder,
  removeNetnsFile,
} from "../../linux/netns_file.ts";
import { readNetnsCookie } from "../../linux/netns_state.ts";
import { readProcFile } from "../../linux/proc.ts";
import type { Libc } from "../../linux/symbols/libc.ts";
import { combineErrors, type Context } from "../context.ts";
import { getParentFolder } from "../system.ts";
import { isNetnsPath } from "../request.ts";
import { withNamedFolderLock } from "./locks.ts";
import {
  checkLiveness,
  createNetnsProof,
  examineNetnsPath,
  FILE_IDENTITY,
  isSameNetns,
  NETNS_PROOF,
  NETNS_TASK,
  type NetnsProof,
  requireNoUser,
  unusableNetnsError,
} from "./netns_liveness.ts";
import { getCacheFolder, listNames, OTHERS_WRITE } from "./cache_folder.ts";
import { readOwnJson, removeFile, writeOwnJson } from "./own_files.ts";

const REMOVE_TASK = "failed to remove netns";

/** A namespace that was made for a container. */
export interface NetnsNote {
  readonly containerID: string;
  readonly netNSPath: string;
  readonly proof: NetnsProof;
  /** The empty file that it is mounted on. */
  readonly file: { readonly device: string; readonly inode: string };
}

const noteFile = z.object({
  netns: z.string().check(z.refine(isNetnsPath)),
  proof: NETNS_PROOF,
  file: FILE_IDENTITY,
});

function getNotePath(context: Context, containerID: string): string {
  return `${getCacheFolder(context, "netns")}/${containerID}`;
}

/** Returns an error if there is a note that proves nothing. */
export function readNetnsNote(
  context: Context,
  containerID: string,
): NetnsNote | VmConfError | undefined {
  const path = getNotePath(context, containerID);
  const content = readOwnJson(context.system, path);
  if (content.kind === "absent") return undefined;
  if (content.kind === "unreadable") {
    throw new VmConfError(
      "cache-failed",
      `Cannot read ${quote(path)}: ${content.reason}`,
    );
  }
  const written = content.kind === "json" ? content.value : undefined;
  const parsed = z.safeParse(noteFile, written);
  if (parsed.success) {
    const { netns, proof, file } = parsed.data;
    return { containerID, netNSPath: netns, proof, file };
  }
  const { netns } = Object(written);
  const netNSPath = typeof netns === "string" && isNetnsPath(netns)
    ? netns
    : `${NAMED_NETNS_DIR}/vmconf-${containerID}`;
  if (examineNetnsPath(context, netNSPath).kind === "absent") return undefined;
  return new VmConfError(
    "uncertain",
    `${REMOVE_TASK}: ${quote(path)} does not prove that ${
      quote(netNSPath)
    } was made for container ${quote(containerID)}: it was not removed`,
    {
      hint:
        `If nothing uses it: \`ip netns del\` removes it. Then remove ${path}.`,
    },
  );
}

/** A note without proof is treated like none. */
export function readProvenNote(
  context: Context,
  containerID: string,
): NetnsNote | undefined {
  const note = readNetnsNote(context, containerID);
  return note instanceof VmConfError ? undefined : note;
}

/** The ids of containers with a note. */
export function listNotedContainers(context: Context): string[] {
  return listNames(context, getCacheFolder(context, "netns"))
    .filter(isCniName);
}

/**
 * Makes a namespace for a container.
 *
 * The note is written before the namespace is mounted. So a crash leaves either a note
 * of a namespace that does not exist, or a namespace that the note proves to be ours.
 */
export async function createOwnNetns(
  context: Context,
  containerID: string,
  path: string,
): Promise<NetnsNote> {
  const kernel = context.system.kernel(NETNS_TASK);
  if (isInNamedFolder(path)) {
    const prepare = () => prepareNamedFolder(kernel, NETNS_TASK);
    await withNamedFolderLock(context, prepare);
  }
  const netns = makeNetns(kernel, path, NETNS_TASK);
  try {
    const file = makeMountPoint(kernel, path, NETNS_TASK);
    try {
      const made: NetnsNote = {
        containerID,
        netNSPath: path,
        proof: createNetnsProof(
          kernel,
          { ...netns.status, since: netns.status.changed },
          readNetnsCookie(kernel, { fd: netns.fd, path, task: NETNS_TASK }),
        ),
        file: { device: file.status.device, inode: file.status.inode },
      };
      writeNetnsNote(context, made);
      try {
        if (!file.isNamed) nameMountPoint(kernel, file.fd, path, NETNS_TASK);
        mountNetns(kernel, netns.fd, path, file.status, NETNS_TASK);
        // Another mount may hide it.
        const seen = examineNetnsPath(context, path);
        if (seen.kind === "netns" && isSameNetns(seen, made.proof)) return made;
        throw unusableNetnsError(path, seen);
      } catch (error) {
        try {
          removeOwnNetns(context, made);
        } catch (failure) {
          throw combineErrors([error, failure].map(requireVmConfError));
        }
        throw error;
      }
    } finally {
      kernel.close(file.fd);
    }
  } finally {
    kernel.close(netns.fd);
  }
}

function isInNamedFolder(path: string): boolean {
  return [NAMED_NETNS_DIR, `/var${NAMED_NETNS_DIR}`]
    .includes(getParentFolder(path));
}

function writeNetnsNote(
  context: Context,
  { containerID, netNSPath, proof, file }: NetnsNote,
): void {
  writeOwnJson(context, {
    path: getNotePath(context, containerID),
    value: { netns: netNSPath, proof, file },
    owner: containerID,
  });
}

export function removeNetnsNote(context: Context, containerID: string): void {
  removeFile(context, getNotePath(context, containerID));
}

/** Removes a namespace that vmconf made, and its note. Leaves anything else. */
export function removeOwnNetns(context: Context, made: NetnsNote): void {
  const { netNSPath, proof, file } = made;
  const kernel = context.system.kernel(REMOVE_TASK);
  const liveness = checkLiveness(context, netNSPath, proof);
  if (liveness.kind === "unknown") {
    requireNoUser(context, netNSPath, proof, liveness);
    return removeNetnsNote(context, made.containerID);
  }
  // If it is alive, any mount of it at the path is removed.
  const { device, inode } = proof;
  const netns = liveness.kind === "alive" ? { device, inode } : proof;
  const rest = liveness.kind === "gone" && liveness.isOtherBoot
    ? liveness.isReplaced
    : removeNetnsFile(kernel, netNSPath, { netns, file }, REMOVE_TASK);
  removeNetnsNote(context, made.containerID);
  if (!rest) return;
  throw new VmConfError(
    "in-use",
    `${REMOVE_TASK}: expected at ${
      quote(netNSPath)
    } what was made for container ${
      quote(made.containerID)
    }, found another file or namespace: it was not removed`,
    { hint: "The namespace that vmconf made is gone, and so is its note." },
  );
}

/**
 * Throws if somebody else could replace the file of a namespace, or a folder above
 * it, by a link: root would mount over any file.
 */
export function requireSafePath({ system }: Context, path: string): void {
  if (isInNamedFolder(path)) return;
  const kernel = system.kernel(NETNS_TASK);
  const folder = getParentFolder(path);
  for (const above of listParentFolders(path)) {
    // By libc: Deno would need permission to read the folder.
    const status = readFileStatus(kernel, above);
    const fault = typeof status === "number"
      ? errnoText(-status)
      : findFolderFault(kernel, status, above === folder);
    if (fault === undefined) continue;
    throw new VmConfError(
      "invalid-netns",
      `${NETNS_TASK}: expected ${
        quote(above)
      } to be a folder that only root or its owner, the user of vmconf, may write, found ${fault}`,
      {
        path: "netNSPath",
        hint: `Use one in ${NAMED_NETNS_DIR}, or make the folder first.`,
      },
    );
  }
}

/** From `/` to the folder of the file. */
function listParentFolders(path: string): string[] {
  const names = path.split("/").slice(1, -1);
  return [
    "/",
    ...names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`),
  ];
}

/** The owner, in a user namespace, of files whose owner it does not know. */
const OVERFLOW_UID = 65_534;
const STICKY = 0o1000;

function findFolderFault(
  kernel: Libc,
  { isFolder, uid, mode }: FileStatus,
  isLast: boolean,
): string | undefined {
  if (!isFolder) return "no folder";
  const isTrusted = uid === 0 || uid === kernel.geteuid() ||
    uid === OVERFLOW_UID && !isInitialUserNamespace(kernel);
  if (!isTrusted) return `one of user ${uid}`;
  const isShared = (mode & OTHERS_WRITE) !== 0;
  // In a sticky folder, such as /tmp, users can rename only their own files.
  const isSafe = !isShared || !isLast && (mode & STICKY) !== 0;
  return isSafe ? undefined : "one that others may write";
}

/** Source: user_namespaces(7), `/proc/PID/uid_map`. */
function isInitialUserNamespace(kernel: Libc): boolean {
  return /^\s*0\s+0\s+4294967295\s*$/.test(
    readProcFile(kernel, "/proc/self/uid_map") ?? "",
  );
}
