/** The host's side of a guest's network: the namespace, its taps, and pings. */
import { quoteShellWord } from "../../src/formats/shell_words.ts";
import {
  type Cidr,
  getHostBits,
  parseCidr,
  parseIp,
} from "../../src/ip/address.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";

type Confs = readonly StaticNetworkConf[];

/** The command line that runs a command where the taps are. */
export function inNetns(confs: Confs, ...command: string[]): string[] {
  return ["ip", "netns", "exec", netnsOf(confs), ...command];
}

function netnsOf(confs: Confs): string {
  return confs[0]?.netNSPath.split("/").at(-1) ?? "";
}

/** Shell commands that make all of it; each tap has its guest's gateway's address. */
export function setupOf(confs: Confs): string {
  const netns = quoteShellWord(netnsOf(confs));
  return [
    `ip netns add ${netns}`,
    ...confs.flatMap(tapSetupOf).map((command) => `ip -n ${netns} ${command}`),
  ].join("\n");
}

function tapSetupOf(conf: StaticNetworkConf): string[] {
  const tap = quoteShellWord(conf.tapName);
  const gateways = addressesOf(conf).flatMap(({ guest, gateway }) => {
    if (gateway === undefined) return [];
    const dad = gateway.family === 6 ? "nodad" : "";
    return getHostBits(guest, gateway) === undefined
      ? [
        `address add ${gateway.text} dev ${tap} ${dad}`,
        `route add ${guest.text} dev ${tap}`,
      ]
      : [`address add ${gateway.text}/${guest.prefixLength} dev ${tap} ${dad}`];
  });
  return [
    `tuntap add dev ${tap} mode tap`,
    `link set dev ${tap} mtu ${conf.vmMtu} up`,
    ...gateways,
  ];
}

function addressesOf({ vmIpConfigs }: StaticNetworkConf) {
  return vmIpConfigs.flatMap(({ address, gateway = "" }) => {
    const guest = parseCidr(address);
    return guest === undefined ? [] : [{ guest, gateway: parseIp(gateway) }];
  });
}

/** The headers of IP and of ICMP's echo. */
const HEADER_BYTES: Readonly<Record<Cidr["family"], number>> = { 4: 28, 6: 48 };

/**
 * For each address of the guest a command that sends it a packet of just the
 * MTU, not to be fragmented, until it is answered.
 */
export function pingsOf(confs: Confs): Record<string, string[]> {
  const pings = confs.flatMap((conf) =>
    addressesOf(conf).map(({ guest }) => {
      const size = `${conf.vmMtu - HEADER_BYTES[guest.family]}`;
      const options = ["-c", "1", "-w", "5", "-M", "do", "-s", size];
      return [guest.text, inNetns(confs, "ping", ...options, guest.text)];
    })
  );
  return Object.fromEntries(pings);
}
