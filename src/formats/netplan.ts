/**
 * The `netplan` format: `/etc/netplan/*.yaml` as one JSON document, which is
 * YAML with every text quoted.
 *
 * Source: netplan(5). `advertised-mss` is left out, as it came with netplan 1.1
 * and earlier ones refuse the whole file for it; so is what is newer than 0.106.
 */
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import type { RenderResult } from "./format.ts";
import { lossesOf } from "./losses.ts";
import { ethernetOf, routeTo, scopeLosses } from "./netplan_values.ts";
import { hasIpv6, type Nic, nicsOf } from "./nic.ts";
import { plainName } from "./values.ts";

/** Renders the `netplan` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = nicsOf(confs);
  const network = {
    version: 2,
    renderer: "networkd",
    ethernets: Object.fromEntries(
      nics.map((nic) => [plainName(nic, "netplan"), definitionOf(nic)]),
    ),
  };
  return {
    files: [{
      name: "90-vmconf.yaml",
      text: `${JSON.stringify({ network }, null, 2)}\n`,
    }],
    lost: [...lossesOf("netplan", nics), ...nics.flatMap(scopeLosses)],
  };
}

function definitionOf(nic: Nic) {
  return {
    ...(nic.mac && { match: { macaddress: nic.mac } }),
    ...(nic.mac && nic.name && { "set-name": nic.name }),
    // An address that nobody waits for would put off network-online.target.
    ...(!hasIpv6(nic) && { "link-local": [] }),
    ...ethernetOf(nic),
    routes: nic.routes.map(routeTo),
  };
}
