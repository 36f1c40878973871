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

/** The schema of what tells a file from others. */
export const IDENTITY = z.object({ device: z.string(), inode: z.string() });

/** The schema of {@linkcode NetnsProof}. */
export const PROOF = z.object({
  ...IDENTITY.shape,
  since: z.optional(z.string()),
  cookie: z.optional(z.string()),
  bootId: z.string(),
  mountNamespace: z.string(),
});

/** Which namespace it is, and where its path leads to it. */
export interface NetnsProof {
  /** Device and inode of its file: no other namespace has them at that time. */
  readonly device: string;
  readonly inode: string;
  /** Since when there is this file: of a later one, or after it was mounted anew. */
  readonly since?: string;
  /** The number that no other namespace of this boot gets, where there is one. */
  readonly cookie?: string;
  /** The boot of the machine: inode numbers are used again. */
  readonly bootId: string;
  /** The mount namespace in which its absence means that it is gone. */
  readonly mountNamespace: string;
}

/** A namespace at a path, maybe with proof of which one. */
export interface NetnsReference {
  readonly netNSPath: string;
  readonly proof?: NetnsProof;
}

/** What has become of a namespace. */
export type NetnsLiveness =
  | { readonly kind: "alive" }
  /** It certainly does not exist any more; maybe its path is another's now. */
  | {
    readonly kind: "gone";
    readonly isReplaced: boolean;
    /** Whether it was of another boot, whose inode numbers prove nothing. */
    readonly isOtherBoot: boolean;
  }
  /** Nobody can tell: it counts as alive. */
  | {
    readonly kind: "unknown";
    readonly reason: string;
    /** Whether looking failed, so that it may be told at another moment. */
    readonly isUnseen: boolean;
  };

/** Looks at what is at a path. */
export function examineNetnsPath(
  { system }: Context,
  path: string,
): NetnsState {
  return examineNetns(system.kernel(LOOK_TASK), path);
}

/** Tells what has become of a namespace. */
export function checkLiveness(
  context: Context,
  { netNSPath, proof }: NetnsReference,
): NetnsLiveness {
  if (netNSPath === "") return unknown("its record does not name it");
  const state = examineNetnsPath(context, netNSPath);
  if (state.kind === "unknown") return unseen(state.reason);
  const isThere = state.kind === "netns";
  // A file that is no namespace is not to be handed to plugins as one.
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
  const isNumbered = isThere && state.device === proof.device &&
    state.inode === proof.inode;
  if (isNumbered) return judgeByCookie(kernel, netNSPath, proof);
  // Absence means nothing where it never was.
  const mounts = readMountNamespace(kernel);
  if (mounts === undefined) return unseen("the mount namespace cannot be told");
  if (mounts !== proof.mountNamespace) {
    return unknown("it was made in another mount namespace");
  }
  const path = netNSPath.replace(/\/{2,}/g, "/")
    .replace(/^\/var\/run\//, "/run/");
  // Something may be mounted on its folder as well.
  const isHidden = isNetnsMountedAt(kernel, path, proof.inode);
  if (isHidden === undefined) return unseen("mounts cannot be read");
  if (isHidden) return unseen("something is mounted on top of it");
  return judgeAbsence(netNSPath, isReplaced);
}

/**
 * Makes sure that a namespace that cannot be seen from here has no user: no process
 * is in it, nor in the mount namespace that it was made in.
 */
export function requireNoUser(
  { system }: Context,
  { netNSPath, proof }: NetnsReference,
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
    `${LOOK_TASK}: cannot find ${quote(netNSPath)}: ${reason}; it was left`,
    {
      hint: typeof user === "string"
        ? "If nothing uses it any more: `vmconf del --id ID --netns PATH` deletes it all the same."
        : `Process ${user.pid} (${
          printable(user.command)
        }) uses it: run the command by \`nsenter --mount=/proc/${user.pid}/ns/mnt\`.`,
    },
  );
}

/** The inode is the same: it was mounted anew, or a later one has the number. */
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

/**
 * Tells whether something else is at the path of a namespace by now: plugins must
 * not meet it.
 */
export function isNetnsReplaced(
  context: Context,
  reference: NetnsReference,
): boolean {
  const { netNSPath, proof } = reference;
  const life = checkLiveness(context, reference);
  if (life.kind !== "unknown") return life.kind === "gone" && life.isReplaced;
  const found = life.isUnseen ? life : examineNetnsPath(context, netNSPath);
  if (found.kind === "unknown") throw unusableNetnsError(netNSPath, found);
  const mounts = readMountNamespace(context.system.kernel(LOOK_TASK));
  const isElsewhere = proof !== undefined && proof.mountNamespace !== mounts;
  if (isElsewhere) requireNoUser(context, reference, life);
  return found.kind !== "absent";
}

function unknown(reason: string): NetnsLiveness {
  return { kind: "unknown", reason, isUnseen: false };
}

function unseen(reason: string): NetnsLiveness {
  return { kind: "unknown", reason, isUnseen: true };
}

/** A process's files end with it; its namespace may have other users. */
function judgeAbsence(path: string, isReplaced: boolean): NetnsLiveness {
  return path.startsWith("/proc/")
    ? unknown("the process that its path names has ended")
    : { kind: "gone", isReplaced, isOtherBoot: false };
}

/** What tells one namespace from another. */
type Told = Pick<NetnsProof, "device" | "inode" | "since" | "cookie">;

/** Whether two namespaces are the same, in one boot of the machine. */
export function isSameNetns(a: Told, b: Told): boolean {
  if (a.device !== b.device || a.inode !== b.inode) return false;
  const isCounted = a.cookie !== undefined && b.cookie !== undefined;
  if (isCounted) return a.cookie === b.cookie;
  return a.since === undefined || b.since === undefined || a.since === b.since;
}

/**
 * The names of the locks of namespaces, in the order in which everybody locks: by
 * path, as nothing may be there yet, then by inode, as there may be other paths.
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

/** Notes which namespace is at a path now. */
export function readNetnsProof(context: Context, path: string): NetnsProof {
  const state = examineNetnsPath(context, path);
  if (state.kind !== "netns") throw unusableNetnsError(path, state);
  const kernel = context.system.kernel(NETNS_TASK);
  const cookie = readNetnsCookieAt(kernel, path, NETNS_TASK);
  return createNetnsProof(kernel, state, cookie);
}

/** Adds to a namespace's numbers what makes them proof. */
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

/** Makes the error of a path where no namespace can be used. */
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
        "vmconf neither uses nor removes it. Give the path of a network namespace, or one where nothing is.",
    },
  );
}
