/** Which sandboxes of a CNI result could be a VM's, and which interfaces say so. */
import type { CniInterface, CniResult } from "../cni/result.ts";
import { quote } from "../errors.ts";
import { listPairCandidates } from "./pair.ts";

/** What an interface is to a VM, or could be. */
export interface Role {
  /** `vm`: the VM's pseudo-interface; `tap`: its tap. */
  readonly role: "vm" | "tap";
  /** The VM's id. */
  readonly containerID: string;
  /** The reason, for people. */
  readonly why: string;
}

/** Enough for any result that a chain printed; each costs a search. */
const MOST_VMS = 16;

/**
 * Finds the sandboxes that could be a VM's: those that are not a path, and have an
 * interface whose name another sandbox has too. If there is no such pair: all that
 * are not a path.
 */
export function findPossibleVms({ interfaces }: CniResult): string[] {
  const sandboxesOfName = new Map<string, Set<string>>();
  for (const { name, sandbox = "" } of interfaces) {
    const known = sandboxesOfName.get(name);
    if (known === undefined) sandboxesOfName.set(name, new Set([sandbox]));
    else known.add(sandbox);
  }
  const notPaths = interfaces.filter(({ sandbox }) =>
    sandbox !== undefined && !sandbox.includes("/")
  );
  const paired = notPaths.filter(({ name }) =>
    (sandboxesOfName.get(name)?.size ?? 0) > 1
  );
  const found = (paired.length > 0 ? paired : notPaths)
    .flatMap(({ sandbox }) => sandbox ?? []);
  return [...new Set(found)].slice(0, MOST_VMS);
}

/**
 * Finds the role of each interface for a VM. If several interfaces could have a
 * role, all of them have it.
 */
export function findRoles(
  result: CniResult,
  containerID: string,
  given: boolean,
): Map<number, Role> {
  const candidates = listPairCandidates(result, containerID);
  const indexes = new Map(result.interfaces.map((it, index) => [it, index]));
  const findIndex = (it: CniInterface) => indexes.get(it) ?? -1;
  const vms = candidates.vms.map(findIndex);
  const taps = candidates.taps.map(findIndex);
  const [first = -1] = vms;
  const vmWhy = given
    ? "its sandbox is the container id"
    : `its sandbox ${
      quote(containerID)
    } is not a path, so it is a container id`;
  const tapWhy = `it has the name of #${first} in another sandbox`;
  return new Map([
    ...assignRole("vm", vms, vmWhy, containerID),
    ...assignRole("tap", taps, tapWhy, containerID),
  ]);
}

function assignRole(
  role: Role["role"],
  indexes: readonly number[],
  reason: string,
  containerID: string,
): [number, Role][] {
  const why = indexes.length > 1
    ? `one of ${indexes.length}: ${reason}`
    : reason;
  return indexes.map((index) => [index, { role, containerID, why }]);
}
