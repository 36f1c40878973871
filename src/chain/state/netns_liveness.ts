/**
 * Is a namespace still there, and is it ours? A path is no proof of either:
 * what counts is the namespace's device and inode, in this boot of the machine.
 */
import * as z from "zod/mini";
import { printable, quote, VmConfError } from "../../errors.ts";
import {
  examineNetns,
  isNetnsMountedAt,
  type NetnsFound,
  type NetnsState,
  readNetnsCookieAt,
} from "../../linux/netns_state.ts";
import { readBootId, readMountNamespace } from "../../linux/proc.ts";
import { findProcessInNamespace } from "../../linux/processes.ts";
import type { Libc } from "../../linux/symbols/libc.ts";
import type { Context } from "../context.ts";

/** How messages about namespaces begin, in the words of firecracker-go-sdk. */
export const NETNS_TASK = "failed to initialize netns";
const LOOK_TASK = "failed to examine netns";

/** No two files that exist at the same time share both. */
export const FILE_IDENTITY = z.object({
  device: z.string(),
  inode: z.string(),
});

/** The schema of what proves which namespace it is. */
export const NETNS_PROOF = z.object({
  ...FILE_IDENTITY.shape,
  /** When the kernel made this file of the namespace, as far as known. */
  since: z.optional(z.string()),
  /** A number that the kernel gives once in a boot; older kernels have none. */
  cookie: z.optional(z.string()),
  /** Inode numbers are used again after a boot. */
  bootId: z.string(),
  /** Only in this mount namespace does an absent path mean that it is gone. */
  mountNamespace: z.string(),
});

/** What proves which namespace it is. */
export type NetnsProof = Readonly<z.infer<typeof NETNS_PROOF>>;

/** Whether a namespace still exists. */
export type NetnsLiveness =
  | { readonly kind: "alive" }
  /** It certainly does not exist any more. */
  | {
    readonly kind: "gone";
    /** Whether something else is at its path now. */
    readonly isReplaced: boolean;
    /** Whether it was of another boot: inode numbers prove nothing then. */
    readonly isOtherBoot: boolean;
  }
  /** It is treated as alive. */
  | {
    readonly kind: "unknown";
    readonly reason: string;
    /** Whether examining failed, and may succeed later. */
    readonly isUnseen: boolean;
  };

export function examineNetnsPath(
  { system }: Context,
  path: string,
): NetnsState {
  return examineNetns(system.kernel(LOOK_TASK), path);
}

/** Without proof, whatever namespace is at the path counts. */
export function checkLiveness(
  context: Context,
  netNSPath: string,
  proof?: NetnsProof,
): NetnsLiveness {
  if (netNSPath === "") return unknown("its record does not name it");
  const state = examineNetnsPath(context, netNSPath);
  if (state.kind === "unknown") return unseen(state.reason);
  const isThere = state.kind === "netns";
  // Plugins must not be given another kind of file as a namespace.
  const isReplaced = state.kind !== "absent";
  if (proof === undefined) {
    if (isThere) return { kind: "alive" };
    return judgeAbsence(netNSPath, isReplaced);
  }
  const kernel = context.system.kernel(LOOK_TASK);
  const boot = readBootId(kernel);
  if (boot === undefined) return unseen("the boot's id cannot be read");
  if (boot !== proof.bootId) {
    return { kind: "gone", isReplaced, isOtherBoot: true };
  }
  if (isThere && isSameNetns(state, proof)) return { kind: "alive" };
  const hasSameNumbers = isThere && state.device === proof.device &&
    state.inode === proof.inode;
  if (hasSameNumbers) return judgeByCookie(kernel, netNSPath, proof);
  // In another mount namespace its absence proves nothing.
  const mounts = readMountNamespace(kernel);
  if (mounts === undefined) return unseen("the mount namespace cannot be read");
  if (mounts !== proof.mountNamespace) {
    return unknown("it was made in another mount namespace");
  }
  // Another mount may hide the path, or a folder above it.
  const path = netNSPath.replace(/\/{2,}/g, "/")
    .replace(/^\/var\/run\//, "/run/");
  const isHidden = isNetnsMountedAt(kernel, path, proof.inode);
  if (isHidden === undefined) return unseen("mounts cannot be read");
  if (isHidden) return unseen("something is mounted on top of it");
  return judgeAbsence(netNSPath, isReplaced);
}

/**
 * Throws unless a namespace that cannot be seen from here has no user: no process is
 * in it, nor in the mount namespace that it was made in.
 */
export function requireNoUser(
  { system }: Context,
  netNSPath: string,
  proof: NetnsProof | undefined,
  { reason, isUnseen }: NetnsLiveness & { readonly kind: "unknown" },
): void {
  const kernel = system.kernel(LOOK_TASK);
  const users = isUnseen || proof === undefined ? ["unknown" as const] : [
    findProcessInNamespace(kernel, "mnt", proof.mountNamespace),
    findProcessInNamespace(kernel, "net", proof.inode),
  ];
  const user = users.find((user) => typeof user === "object") ??
    users.find((user) => user === "unknown");
  if (user === undefined) return;
  throw new VmConfError(
    "uncertain",
    `${LOOK_TASK}: cannot find ${
      quote(netNSPath)
    }: ${reason}; it was not removed`,
    {
      hint: typeof user === "string"
        ? "If nothing uses it any more: `vmconf del --id ID --netns PATH` deletes it nevertheless."
        : `Process ${user.pid} (${
          printable(user.command)
        }) uses it: run the command by \`nsenter --mount=/proc/${user.pid}/ns/mnt\`.`,
    },
  );
}

/** Same inode, another time: it was mounted again, or the number was used again. */
function judgeByCookie(
  kernel: Libc,
  path: string,
  { cookie }: NetnsProof,
): NetnsLiveness {
  const found = readNetnsCookieAt(kernel, path, LOOK_TASK);
  if (cookie === undefined || found === undefined) {
    return unseen("a later namespace may have its inode number");
  }
  return cookie === found ? { kind: "alive" } : {
    kind: "gone",
    isReplaced: true,
    isOtherBoot: false,
  };
}

/** Whether something else is at the path now: plugins must not be given that. */
export function isNetnsReplaced(
  context: Context,
  netNSPath: string,
  proof?: NetnsProof,
): boolean {
  const liveness = checkLiveness(context, netNSPath, proof);
  if (liveness.kind !== "unknown") {
    return liveness.kind === "gone" && liveness.isReplaced;
  }
  const found = liveness.isUnseen
    ? liveness
    : examineNetnsPath(context, netNSPath);
  if (found.kind === "unknown") throw unusableNetnsError(netNSPath, found);
  const mounts = readMountNamespace(context.system.kernel(LOOK_TASK));
  const isElsewhere = proof !== undefined && proof.mountNamespace !== mounts;
  if (isElsewhere) requireNoUser(context, netNSPath, proof, liveness);
  return found.kind !== "absent";
}

function unknown(reason: string): NetnsLiveness {
  return { kind: "unknown", reason, isUnseen: false };
}

function unseen(reason: string): NetnsLiveness {
  return { kind: "unknown", reason, isUnseen: true };
}

/** A path in `/proc/PID` goes with the process; others may still be in there. */
function judgeAbsence(path: string, isReplaced: boolean): NetnsLiveness {
  return path.startsWith("/proc/")
    ? unknown("the process that its path names has ended")
    : { kind: "gone", isReplaced, isOtherBoot: false };
}

type NetnsIdentity = Pick<NetnsProof, "device" | "inode" | "since" | "cookie">;

/** Whether two namespaces, both of this boot, are the same. */
export function isSameNetns(a: NetnsIdentity, b: NetnsIdentity): boolean {
  if (a.device !== b.device || a.inode !== b.inode) return false;
  const isCounted = a.cookie !== undefined && b.cookie !== undefined;
  if (isCounted) return a.cookie === b.cookie;
  return a.since === undefined || b.since === undefined || a.since === b.since;
}

/**
 * The names of the locks of namespaces, in the order in which everybody locks: by
 * path, which may not exist yet; then by inode, which may have other paths.
 */
export function listNetnsLocks(
  context: Context,
  paths: readonly string[],
): string[] {
  const known = [...new Set(paths)].filter((path) => path !== "").sort();
  const byInode = known.flatMap((path) => {
    const state = examineNetnsPath(context, path);
    return state.kind === "netns"
      ? [`netns:${state.device}:${state.inode}`]
      : [];
  });
  return [
    ...known.map((path) => `netns:${path}`),
    ...[...new Set(byInode)].sort(),
  ];
}

export function readNetnsProof(context: Context, path: string): NetnsProof {
  const state = examineNetnsPath(context, path);
  if (state.kind !== "netns") throw unusableNetnsError(path, state);
  const kernel = context.system.kernel(NETNS_TASK);
  const cookie = readNetnsCookieAt(kernel, path, NETNS_TASK);
  return createNetnsProof(kernel, state, cookie);
}

export function createNetnsProof(
  kernel: Libc,
  { device, inode, since }: Omit<NetnsFound, "kind">,
  cookie: string | undefined,
): NetnsProof {
  const [boot, mounts] = [readBootId(kernel), readMountNamespace(kernel)];
  if (boot === undefined || mounts === undefined) {
    throw new VmConfError(
      "system-call",
      `${NETNS_TASK}: failed to read the ids of this boot and of this mount namespace from /proc`,
    );
  }
  return {
    device,
    inode,
    since,
    cookie,
    bootId: boot,
    mountNamespace: mounts,
  };
}

export function unusableNetnsError(
  path: string,
  state: NetnsState,
): VmConfError {
  if (state.kind === "unknown") {
    return new VmConfError(
      "uncertain",
      `${NETNS_TASK}: cannot examine ${quote(path)}: ${state.reason}`,
      { path: "netNSPath" },
    );
  }
  const found = state.kind === "other" ? state.found : "nothing";
  return new VmConfError(
    "invalid-netns",
    `${NETNS_TASK}: failed to find netns at path ${
      quote(path)
    }: expected a network namespace, found ${found}`,
    {
      path: "netNSPath",
      hint:
        "vmconf neither uses nor removes it. Give the path of a network namespace, or a path where nothing exists.",
    },
  );
}
