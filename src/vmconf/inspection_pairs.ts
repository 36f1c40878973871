/** Which sandboxes of a CNI result could be a VM's, and which interfaces tell. */
import type { CniInterface, CniResult } from "../cni/result.ts";
import { quote } from "../errors.ts";

/** What an interface is to a VM, or could be. */
export interface Role {
  /** `vm`: the VM's pseudo-interface; `tap`: its tap. */
  readonly role: "vm" | "tap";
  /** The VM's id. */
  readonly containerID: string;
  /** What tells so. */
  readonly why: string;
}

/** Enough for any result that a chain has printed; each costs a search. */
const MOST_VMS = 16;

/**
 * Finds the sandboxes that could be a VM's: those that are no path, and have an
 * interface of whose name there is another one elsewhere. If there is no such
 * pair, those that are no path.
 */
export function findPossibleVms({ interfaces }: CniResult): string[] {
  const sandboxesOfName = new Map<string, Set<string>>();
  for (const { name, sandbox = "" } of interfaces) {
    const known = sandboxesOfName.get(name);
    if (known === undefined) sandboxesOfName.set(name, new Set([sandbox]));
    else known.add(sandbox);
  }
  const inNoPath = interfaces.filter(({ sandbox }) =>
    sandbox !== undefined && !sandbox.includes("/")
  );
  const paired = inNoPath.filter(({ name }) =>
    (sandboxesOfName.get(name)?.size ?? 0) > 1
  );
  const found = (paired.length > 0 ? paired : inNoPath)
    .flatMap(({ sandbox }) => sandbox ?? []);
  return [...new Set(found)].slice(0, MOST_VMS);
}

/**
 * Tells what each interface is to a VM. Where there is more than one for a
 * role, all of them have it.
 */
export function findRoles(
  { interfaces }: CniResult,
  containerID: string,
  given: boolean,
): Map<number, Role> {
  const indexesOf = (condition: (it: CniInterface) => boolean) =>
    interfaces.flatMap((it, index) => condition(it) ? [index] : []);
  const inSandbox = ({ sandbox = "" }: CniInterface) => sandbox === containerID;
  const vms = indexesOf(inSandbox);
  const [first = -1] = vms;
  const taps = indexesOf((it) =>
    !inSandbox(it) && it.name === interfaces[first]?.name
  );
  const vmWhy = given
    ? "its sandbox is the container id"
    : `its sandbox ${quote(containerID)} is no path, so it is a container id`;
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
