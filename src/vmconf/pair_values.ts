/** What a VM's pair of interfaces has to have, read from a CNI result. */
import type { CniInterface, CniIpConfig, CniResult } from "../cni/result.ts";
import { quote, VmConfError } from "../errors.ts";
import { parseMac } from "./mac.ts";
import { findInterfaceIps } from "./pair.ts";

/** The guest's addresses. */
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

/** The guest's MAC. */
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

/** The path of the tap's network namespace. */
export function getTapNetns(result: CniResult, tap: CniInterface): string {
  if (tap.sandbox) return tap.sandbox;
  throw new VmConfError(
    "invalid-netns",
    'failed to find netns at path "": failed to Statfs "": no such file or directory',
    {
      path: `result.interfaces[${result.interfaces.indexOf(tap)}].sandbox`,
      hint: "The tap has no sandbox, so nobody knows its network namespace.",
    },
  );
}
