/** The tap in a CNI result. */
import type { CniInterface, CniIpConfig, CniResult } from "../cni/result.ts";
import type { LinkInfo } from "../linux/links.ts";
import type { Request } from "./request.ts";
import { isSince } from "./versions.ts";

/**
 * Puts the tap and the VM's pseudo-interface into a result.
 *
 * The pseudo-interface says what the guest is to be given. It has the tap's
 * name, the VM's id as its sandbox, the redirected interface's MAC, and a copy
 * of each address of that interface, which keeps its own.
 *
 * Source: what the plugin tc-redirect-tap prints; MTUs since CNI 1.1.0.
 */
export function withTap(
  prevResult: CniResult,
  { cniVersion, containerId, netNSPath }: Request,
  tap: LinkInfo,
  link: LinkInfo,
): CniResult {
  const { interfaces, ips } = prevResult;
  const mtu = isSince(cniVersion, "1.1.0") ? { mtu: link.mtu } : {};
  const ofLink = ips.filter((ip) => {
    const found = interfaces[ip.interface ?? -1];
    return found?.name === link.name && found.sandbox === netNSPath;
  });
  const ofTap: CniInterface = { name: tap.name, ...mtu, sandbox: netNSPath };
  const ofVm: CniInterface = {
    name: tap.name,
    mac: link.mac,
    ...mtu,
    sandbox: containerId,
  };
  const copies: CniIpConfig[] = ofLink.map((ip) => ({
    ...ip,
    interface: interfaces.length + 1,
  }));
  return {
    ...prevResult,
    interfaces: [...interfaces, ofTap, ofVm],
    ips: [...ips, ...copies],
  };
}

/** Finds the tap in the result of a chain. */
export function tapNameIn(
  { interfaces }: CniResult,
  containerId: string,
): string | undefined {
  return interfaces.find(({ sandbox }) => sandbox === containerId)?.name;
}
