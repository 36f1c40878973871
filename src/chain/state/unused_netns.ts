/** Does anything still use a namespace that vmconf made? */
import { quote, requireVmConfError, VmConfError } from "../../errors.ts";
import { listLinksAt } from "../../linux/links.ts";
import type { NetnsState } from "../../linux/netns_state.ts";
import { readBootId } from "../../linux/proc.ts";
import type { Context } from "../context.ts";
import {
  checkLiveness,
  examineNetnsPath,
  isSameNetns,
} from "./netns_liveness.ts";
import {
  listNotedContainers,
  type NetnsNote,
  readNetnsNote,
  readProvenNote,
  removeNetnsNote,
  removeOwnNetns,
} from "./own_netns.ts";
import {
  type AttachmentRecord,
  readNestedRecords,
  type Records,
} from "./records.ts";

const TASK = "failed to remove netns";

/** Compares paths only where there is no better proof. */
export function findRecordsInNetns(
  context: Context,
  records: readonly AttachmentRecord[],
  path: string,
  state: NetnsState = examineNetnsPath(context, path),
): AttachmentRecord[] {
  const boot = readBootId(context.system.kernel(TASK));
  return records.filter(({ attachment: { netNSPath }, proof }) => {
    if (state.kind !== "netns") {
      return proof === undefined && netNSPath === path;
    }
    if (proof !== undefined) {
      // If the boot is unknown, it may be this one.
      const isThisBoot = boot === undefined || proof.bootId === boot;
      return isThisBoot && isSameNetns(proof, state);
    }
    const found = examineNetnsPath(context, netNSPath);
    return found.kind === "netns"
      ? isSameNetns(found, state)
      : netNSPath === path;
  });
}

/**
 * Finds the namespaces without attachments that vmconf made: for a container, or for
 * others at given paths.
 */
export function findUnusedNetns(
  context: Context,
  containerID: string,
  paths: readonly string[],
  { usable, unusable }: Records,
): { readonly unused: NetnsNote[]; readonly errors: VmConfError[] } {
  const errors: VmConfError[] = [];
  const own = readNetnsNote(context, containerID);
  if (own instanceof VmConfError) errors.push(own);
  const notes = own === undefined || own instanceof VmConfError ? [] : [own];
  const isElsewhere = paths.some((path) =>
    path !== "" && path !== notes[0]?.netNSPath
  );
  if (isElsewhere) {
    const others = listNotedContainers(context)
      .filter((owner) => owner !== containerID)
      .flatMap((owner) => readProvenNote(context, owner) ?? [])
      .filter((note) => isAtAnyPath(context, note, paths));
    notes.push(...others);
  }
  if (notes.length === 0) return { unused: [], errors };
  const nested = readNestedRecords(context).map(({ records }) => records);
  const all = [...usable, ...nested.flatMap(({ usable }) => usable)];
  const mayBeMore = [{ unusable }, ...nested]
    .some(({ unusable }) => unusable.length > 0);
  const unused = notes.filter((note) => {
    const state: NetnsState = { kind: "netns", ...note.proof };
    if (findRecordsInNetns(context, all, note.netNSPath, state).length > 0) {
      return false;
    }
    const devices = mayBeMore ? listDevices(context, note) : [];
    if (devices.length === 0) return true;
    errors.push(mayBeUsedError(note, devices));
    return false;
  });
  return { unused, errors };
}

/** Another path may lead to the same namespace. */
function isAtAnyPath(
  context: Context,
  { netNSPath, proof }: NetnsNote,
  paths: readonly string[],
): boolean {
  return paths.some((path) =>
    path === netNSPath ||
    path !== "" &&
      checkLiveness(context, path, proof).kind === "alive"
  );
}

/** Devices that the kernel makes in every namespace. */
const KERNEL_DEVICES =
  /^(lo|tunl0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0|sit0|ip6tnl0|ip6gre0)$/;

function listDevices(context: Context, note: NetnsNote): string[] {
  // If the namespace cannot be seen, listing its devices fails.
  if (checkLiveness(context, note.netNSPath, note.proof).kind === "gone") {
    return [];
  }
  return listLinksAt(context.system.rtnl(TASK), note.netNSPath, TASK)
    .map(({ name }) => name)
    .filter((name) => !KERNEL_DEVICES.test(name));
}

function mayBeUsedError(
  { netNSPath }: NetnsNote,
  devices: readonly string[],
): VmConfError {
  return new VmConfError(
    "uncertain",
    `${TASK}: ${quote(netNSPath)} still has ${
      devices.map(quote).join(", ")
    }, and there are records that cannot be read: it was not removed`,
    { hint: "`vmconf list` shows which records those are." },
  );
}

/** Removes what {@linkcode findUnusedNetns} finds. Returns what failed. */
export function removeUnusedNetns(
  context: Context,
  containerID: string,
  paths: readonly string[],
  records: Records,
): VmConfError[] {
  const errors: VmConfError[] = [];
  try {
    const found = findUnusedNetns(context, containerID, paths, records);
    errors.push(...found.errors);
    for (const note of found.unused) {
      try {
        removeOwnNetns(context, note);
      } catch (error) {
        errors.push(requireVmConfError(error));
      }
    }
    // A note without proof is useless once nothing is at its path.
    if (readNetnsNote(context, containerID) === undefined) {
      removeNetnsNote(context, containerID);
    }
  } catch (error) {
    errors.push(requireVmConfError(error));
  }
  return errors;
}
