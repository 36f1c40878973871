/**
 * Namespaces that were made here: noted before they can be seen, and removed only
 * if they are exactly what was noted.
 */
import * as z from "zod/mini";
import { NAME } from "../../cni/network.ts";
import { quote, VmConfError } from "../../errors.ts";
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
import { withNamedFolderLock } from "./locks.ts";
import {
  checkLiveness,
  createNetnsProof,
  examineNetnsPath,
  IDENTITY,
  isSameNetns,
  NETNS_TASK,
  type NetnsProof,
  PROOF,
  requireNoUser,
  unusableNetnsError,
} from "./netns.ts";
import {
  getCacheFolder,
  listNames,
  OWN_FILE,
  readSmallFile,
  removeFile,
  writeFileAtomically,
} from "./own_files.ts";
import { isNetnsPath } from "../request.ts";

const REMOVE_TASK = "failed to remove netns";

/** A namespace that was made for a container. */
export interface NetnsNote {
  readonly containerID: string;
  readonly netNSPath: string;
  readonly proof: NetnsProof;
  /** The empty file that it was mounted on. */
  readonly file: { readonly device: string; readonly inode: string };
}

const noteFile = z.object({
  netns: z.string().check(z.refine(isNetnsPath)),
  proof: PROOF,
  file: IDENTITY,
});

function notePath(context: Context, containerID: string): string {
  return `${getCacheFolder(context, "netns")}/${containerID}`;
}

/** Reads which namespace was made for a container. */
export function readNetnsNote(
  context: Context,
  containerID: string,
): NetnsNote | VmConfError | undefined {
  const path = notePath(context, containerID);
  const content = readSmallFile(context.system, path, OWN_FILE);
  if (content.kind === "absent") return undefined;
  if (content.kind === "unreadable") {
    throw new VmConfError(
      "cache-failed",
      `Cannot read ${quote(path)}: ${content.reason}`,
    );
  }
  const written = content.kind === "text" ? jsonIn(content.text) : undefined;
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
    } was made for container ${quote(containerID)}: it was left`,
    {
      hint:
        `If nothing uses it: \`ip netns del\` removes it. Then remove ${path}.`,
    },
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Lists the containers that a namespace was made for. */
export function listNotedContainers(context: Context): string[] {
  return listNames(context, getCacheFolder(context, "netns"))
    .filter((name) => NAME.test(name));
}

/**
 * Makes a namespace for a container.
 *
 * What is to be made is noted before anything can be seen of it. So a crash leaves
 * either a note of something that does not exist, or something that the note
 * proves to be ours.
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
        throw undoneOr(error, () => removeOwnNetns(context, made));
      }
    } finally {
      kernel.close(file.fd);
    }
  } finally {
    kernel.close(netns.fd);
  }
}

/** Reports the first failure first, even if undoing it fails as well. */
function undoneOr(error: unknown, undo: () => void): unknown {
  try {
    undo();
    return error;
  } catch (failure) {
    const areOurs = error instanceof VmConfError &&
      failure instanceof VmConfError;
    return areOurs ? combineErrors([error, failure]) : error;
  }
}

function isInNamedFolder(path: string): boolean {
  return getParentFolder(path) === NAMED_NETNS_DIR ||
    getParentFolder(path) === `/var${NAMED_NETNS_DIR}`;
}

function getParentFolder(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function writeNetnsNote(
  context: Context,
  { containerID, netNSPath, proof, file }: NetnsNote,
): void {
  const text = JSON.stringify({
    netns: netNSPath,
    proof,
    file: { device: file.device, inode: file.inode },
  });
  writeFileAtomically(
    context,
    containerID,
    notePath(context, containerID),
    text,
  );
}

/** Forgets the namespace of a container. */
export function removeNetnsNote(context: Context, containerID: string): void {
  removeFile(context, notePath(context, containerID));
}

/**
 * Removes a namespace that was made here, and its note. What else is at its path
 * by now is left.
 */
export function removeOwnNetns(context: Context, made: NetnsNote): void {
  const { netNSPath, proof, file } = made;
  const kernel = context.system.kernel(REMOVE_TASK);
  const life = checkLiveness(context, made);
  if (life.kind === "unknown") {
    requireNoUser(context, made, life);
    return removeNetnsNote(context, made.containerID);
  }
  // If it lives, whatever mount of it is there is to go.
  const { device, inode } = proof;
  const netns = life.kind === "alive" ? { device, inode } : proof;
  const rest = life.kind === "gone" && life.isOtherBoot
    ? life.isReplaced
    : removeNetnsFile(kernel, netNSPath, { netns, file }, REMOVE_TASK);
  removeNetnsNote(context, made.containerID);
  if (!rest) return;
  throw new VmConfError(
    "in-use",
    `${REMOVE_TASK}: expected at ${
      quote(netNSPath)
    } what was made for container ${
      quote(made.containerID)
    }, found another file or namespace: it was left`,
    { hint: "The namespace that was made is gone. vmconf forgets it." },
  );
}

const OTHERS_WRITE = 0o022;

/**
 * Makes sure that a namespace can be made at a path: nobody else can put a link in
 * place of the file, or of a folder above it.
 */
export function requireSafePath({ system }: Context, path: string): void {
  if (isInNamedFolder(path)) return;
  const kernel = system.kernel(NETNS_TASK);
  const folder = getParentFolder(path);
  for (const above of listParentFolders(path)) {
    // Asked of libc: Deno would need permission to read the folder.
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

/** From `/` to the one that the file is in. */
function listParentFolders(path: string): string[] {
  const names = path.split("/").slice(1, -1);
  return [
    "/",
    ...names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`),
  ];
}

/** Whoever is not known in a user namespace owns what was there before it. */
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
  if (!isTrusted) return `that of user ${uid}`;
  const isShared = (mode & OTHERS_WRITE) !== 0;
  // Where it is sticky, as in /tmp, nobody renames what is not their own.
  const isSafe = !isShared || !isLast && (mode & STICKY) !== 0;
  return isSafe ? undefined : "that others may write";
}

/** Source: user_namespaces(7), `/proc/PID/uid_map`. */
function isInitialUserNamespace(kernel: Libc): boolean {
  return /^\s*0\s+0\s+4294967295\s*$/.test(
    readProcFile(kernel, "/proc/self/uid_map") ?? "",
  );
}
