/** The tap in a CNI result. */
import type { CniInterface, CniIpConfig, CniResult } from "../cni/result.ts";
import { hasFeature } from "../cni/versions.ts";
import type { LinkInfo } from "../linux/links.ts";
import type { TapRequest } from "./request.ts";

/**
 * Adds the tap and the VM's pseudo-interface to a result.
 *
 * The pseudo-interface describes the guest's interface. It has the tap's name, the
 * VM's id as sandbox, and the MAC and copies of the addresses of the redirected
 * interface.
 *
 * Source: the output of the Go plugin tc-redirect-tap; MTUs since CNI 1.1.0.
 */
export function insertTap(
  prevResult: CniResult,
  { cniVersion, containerId, netNSPath }: TapRequest,
  tap: LinkInfo,
  link: LinkInfo,
): CniResult {
  const { interfaces, ips } = prevResult;
  const mtu = hasFeature(cniVersion, "MTU of interfaces")
    ? { mtu: link.mtu }
    : {};
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
export function findTapName(
  { interfaces }: CniResult,
  containerId: string,
): string | undefined {
  return interfaces.find(({ sandbox }) => sandbox === containerId)?.name;
}
