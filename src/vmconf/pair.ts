/** Which interfaces of a CNI result belong to a VM, and what they must have. */
import type { CniInterface, CniIpConfig, CniResult } from "../cni/result.ts";
import { quote, VmConfError } from "../errors.ts";
import { parseMac } from "./mac.ts";

/** The two interfaces of a CNI result that make up a VM's network interface. */
export interface VmTapPair {
  /** The pseudo-interface: it describes the guest's interface, and is no device. */
  readonly vm: CniInterface;
  /** The tap device that the VMM opens. */
  readonly tap: CniInterface;
}

/**
 * Finds the VM's pseudo-interface and its tap.
 *
 * The pseudo-interface is the one whose sandbox is the container id; the tap is
 * the interface of the same name in another sandbox.
 *
 * @param result A CNI result in its current shape.
 * @param containerID The id that CNI was called with: the VM's id.
 * @returns Both interfaces.
 * @throws {VmConfError} `no-pair` if one of them is missing or there are more.
 *
 * @example Usage
 * ```ts
 * import { parseResult, findVmTapPair } from "@cni/vmconf";
 * import { assertEquals } from "@std/assert";
 *
 * const result = parseResult({
 *   cniVersion: "1.0.0",
 *   interfaces: [
 *     { name: "tap0", sandbox: "/run/netns/a" },
 *     { name: "tap0", sandbox: "vm-1", mac: "02:00:00:00:00:01" },
 *   ],
 * });
 * const { vm, tap } = findVmTapPair(result, "vm-1");
 * assertEquals(vm.mac, "02:00:00:00:00:01");
 * assertEquals(tap.sandbox, "/run/netns/a");
 * ```
 */
export function findVmTapPair(
  result: CniResult,
  containerID: string,
): VmTapPair {
  const { vms, taps } = listPairCandidates(result, containerID);
  const [vm] = vms;
  if (vm === undefined) throw noVm(result, containerID);
  if (vms.length > 1) {
    throw noPair(
      `expected to find at most 1 interface in sandbox ${
        quote(containerID)
      }, but instead found ${vms.length}`,
      "A VM with several network interfaces has one CNI result for each.",
    );
  }
  const [tap] = taps;
  if (tap === undefined) {
    throw noPair(
      `did not find expected network device with name ${quote(vm.name)}`,
      `The VM's pseudo-interface is there, but no interface of the same name in another sandbox: its tap. Is tc-redirect-tap the last plugin of the chain?`,
    );
  }
  if (taps.length > 1) {
    throw noPair(
      `expected to find at most 1 interface with name ${
        quote(vm.name)
      }, but instead found ${taps.length}`,
      `Only one of the sandboxes ${
        listSandboxes(taps)
      } can hold the VM's tap: give the taps different names.`,
    );
  }
  return { vm, tap };
}

/** The interfaces in the VM's sandbox, and those elsewhere that have its name. */
export function listPairCandidates(
  { interfaces }: Pick<CniResult, "interfaces">,
  containerID: string,
): { vms: CniInterface[]; taps: CniInterface[] } {
  const vms = interfaces.filter(({ sandbox = "" }) => sandbox === containerID);
  const taps = interfaces.filter(({ name, sandbox = "" }) =>
    sandbox !== containerID && name === vms[0]?.name
  );
  return { vms, taps };
}

function noVm(result: CniResult, containerID: string): VmConfError {
  const sandboxes = listSandboxes(result.interfaces);
  return noPair(
    `did not find expected network device with name ${
      quote(`pseudo-device for ${containerID}`)
    }`,
    result.interfaces.length === 0
      ? "The result has no interfaces; results of CNI 0.1.0 and 0.2.0 (or without cniVersion) never have any."
      : `No interface has the sandbox ${
        quote(containerID)
      }. Is the container id right? Sandboxes of this result: ${sandboxes}.`,
  );
}

function noPair(message: string, hint: string): VmConfError {
  return new VmConfError("no-pair", message, {
    path: "result.interfaces",
    hint,
  });
}

const MOST_SHOWN = 5;

function listSandboxes(interfaces: readonly CniInterface[]): string {
  const named = interfaces.flatMap(({ sandbox }) => sandbox ?? []);
  const names = [...new Set(named)];
  const shown = names.slice(0, MOST_SHOWN).map(quote).join(", ") || "none";
  return names.length > MOST_SHOWN
    ? `${shown} and ${names.length - MOST_SHOWN} more`
    : shown;
}

/**
 * Finds the addresses of an interface.
 *
 * @param result A CNI result in its current shape.
 * @param name The interface's name.
 * @param sandbox The interface's sandbox.
 * @returns The addresses that point at the interface, in the result's order.
 * @throws {VmConfError} `invalid-result` if any address points at an interface
 * that the result does not have.
 *
 * @example Usage
 * ```ts
 * import { findInterfaceIps, parseResult } from "@cni/vmconf";
 * import { assertEquals } from "@std/assert";
 *
 * const result = parseResult({
 *   cniVersion: "1.0.0",
 *   interfaces: [{ name: "tap0", sandbox: "vm-1" }],
 *   ips: [{ interface: 0, address: "10.0.0.2/24" }, { address: "10.0.0.3/24" }],
 * });
 * assertEquals(
 *   findInterfaceIps(result, "tap0", "vm-1").map(({ address }) => address),
 *   ["10.0.0.2/24"],
 * );
 * ```
 */
export function findInterfaceIps(
  result: CniResult,
  name: string,
  sandbox: string,
): CniIpConfig[] {
  return result.ips.filter((_, position) => {
    const owner = findOwner(result, position);
    return owner?.name === name && (owner.sandbox ?? "") === sandbox;
  });
}

/** Finds the interface of an address. */
export function findOwner(
  result: CniResult,
  position: number,
): CniInterface | undefined {
  const index = result.ips[position]?.interface;
  if (index === undefined) return undefined;
  const owner = result.interfaces[index];
  if (owner !== undefined) return owner;
  const last = result.interfaces.length - 1;
  const path = `result.ips[${position}].interface`;
  throw new VmConfError(
    "invalid-result",
    `${path}: expected ${
      last < 0 ? "no index, as there are no interfaces" : `0 to ${last}`
    }, found ${index}`,
    { path, hint: "It is an index into result.interfaces, from 0." },
  );
}

/** Returns the guest's addresses: at least one. */
export function getVmIps(result: CniResult, vm: CniInterface): CniIpConfig[] {
  const ips = findInterfaceIps(result, vm.name, vm.sandbox ?? "");
  if (ips.length > 0) return ips;
  throw new VmConfError(
    "no-ip",
    `expected to find 1 IP for vm interface ${
      quote(vm.name)
    }, but instead found []`,
    {
      path: "result.ips",
      hint:
        "At least one entry must have the index of the VM's pseudo-interface as its interface.",
    },
  );
}

/** Returns the guest's MAC in its canonical form. */
export function getVmMac(
  result: CniResult,
  vm: CniInterface,
): string | undefined {
  if (vm.mac === undefined) return undefined;
  const mac = parseMac(vm.mac);
  if (mac !== undefined) return mac;
  const path = `result.interfaces[${result.interfaces.indexOf(vm)}].mac`;
  throw new VmConfError(
    "invalid-mac",
    `${path}: expected six bytes such as "02:00:00:00:00:01", found ${
      quote(vm.mac)
    }`,
    { path, hint: "No VMM could give the guest this MAC." },
  );
}

/** Returns the path of the tap's network namespace. */
export function getTapNetns(result: CniResult, tap: CniInterface): string {
  if (tap.sandbox) return tap.sandbox;
  throw new VmConfError(
    "invalid-netns",
    'failed to find netns at path "": failed to Statfs "": no such file or directory',
    {
      path: `result.interfaces[${result.interfaces.indexOf(tap)}].sandbox`,
      hint: "The tap has no sandbox, so its network namespace is unknown.",
    },
  );
}
