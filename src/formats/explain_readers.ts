/**
 * The readers of `ip=`, and the values that they read differently.
 *
 * Observed on the real programs: Linux 6.1, klibc 2.0.12, dracut 059
 * (network-legacy), systemd 252, NetworkManager 1.42. Not observed, but
 * concluded: how the kernel reads IPv6 without brackets, a device in the first
 * field, and broken masks; how dracut reads broken masks; and what dracut,
 * systemd and NetworkManager do with gateways that cannot work.
 */
import { type Cidr, getHostBits, parseIp } from "../ip/address.ts";
import type { IpFieldName, ParsedIp } from "./explain_fields.ts";
import { isNonHop } from "./nic_addresses.ts";

/** The readers of `ip=`, and how people call them. */
export const IP_READERS = {
  kernel: "the kernel (CONFIG_IP_PNP)",
  klibc: "klibc's ipconfig (initramfs-tools)",
  dracut: "dracut (network-legacy)",
  systemd: "systemd-network-generator",
  networkmanager: "NetworkManager (nm-initrd-generator)",
} as const;

export type IpReader = keyof typeof IP_READERS;

/**
 * How a reader reads a value: `as-written`; `differently`, so that it means
 * something else; or `refused`, so that there is no network.
 */
export type Verdict = "as-written" | "differently" | "refused";

/** How a reader reads a value differently, or why it refuses it. */
export type Remark = string | { readonly refused: string };

/** A value that not all readers read as it is written. */
export interface Misreading {
  readonly field: IpFieldName;
  readonly applies: (ip: ParsedIp) => boolean;
  readonly readers: Readonly<Partial<Record<IpReader, Remark>>>;
}

const UNPARSED: Remark = { refused: "cannot parse it, and configures nothing" };
const NO_ADDRESS: Remark = { refused: "finds no address in it" };
const NO_ROUTE: Remark = "sets no default route; at most a log says so";
const NOT_CONFIGURED: Remark =
  "writes a unit that networkd cannot apply: the gateway is not on the link";
const GUESSED: Remark =
  "treats the mask as unset and guesses one, /8 for 10.x.x.x; a gateway outside it is lost";
const BAD_MAC: Remark = {
  refused: "reads what follows an empty field as a MAC, and refuses it",
};
const STOPS: Remark = {
  refused: "stops: with an address, it accepts only off and none",
};
const WAITS: Remark =
  "also waits for router advertisements (IPv6), or for DHCP";
const IGNORED: Remark = "ignores it";

const isNoIpv4 = (text: string) => text !== "" && parseIp(text)?.family !== 4;
const isDotted = (text: string) => /^\d+(?:\.\d+){3}$/.test(text);
const isUnbracketedIpv6 = ({ getText }: ParsedIp) =>
  /^[\da-f]{1,4}$/i.test(getText("client"));

/** The kernel and klibc treat these masks as unset. */
function isUnset({ prefixLength }: Cidr): boolean {
  return prefixLength === 0 || prefixLength === 32;
}

function hasOffSubnetGateway({ subnet, gateway }: ParsedIp): boolean {
  return subnet !== undefined && gateway !== undefined &&
    getHostBits(subnet, gateway) === undefined;
}

/** Whether the line gives an address, and such a protocol to ask for one, too. */
function hasProtocol({ client, getText }: ParsedIp, form: RegExp): boolean {
  return client !== undefined && form.test(getText("autoconf"));
}

/** The misreadings, in the order of the fields. */
export const MISREADINGS: readonly Misreading[] = [
  {
    field: "client",
    applies: isUnbracketedIpv6,
    readers: {
      kernel: "knows IPv4 only, and reads parts of the address as other fields",
      dracut: "reads parts of the address as other fields: IPv6 needs brackets",
      systemd: UNPARSED,
      networkmanager: NO_ADDRESS,
    },
  },
  {
    field: "client",
    applies: ({ client }) => client?.family === 6,
    readers: {
      kernel:
        "knows IPv4 only: makes an address and a nameserver from the parts",
    },
  },
  {
    field: "client",
    applies: (ip) =>
      ip.getText("client") !== "" && ip.client === undefined &&
      !isUnbracketedIpv6(ip),
    readers: {
      kernel: "reports no error: uses another address or none",
      dracut: "passes it on unchanged, without effect",
      systemd: UNPARSED,
      networkmanager: NO_ADDRESS,
    },
  },
  {
    field: "device",
    applies: ({ fields: [first] }) => first?.name === "device",
    readers: {
      kernel: "expects an address in place of the device",
      klibc: UNPARSED,
    },
  },
  {
    field: "gateway",
    applies: (ip) =>
      ip.client?.family === 4 && ip.getText("gateway") !== "" &&
      ip.gateway === undefined,
    readers: {
      kernel: NO_ROUTE,
      dracut: "passes it on unchanged, to a shell and to ip",
      systemd: UNPARSED,
      networkmanager: NO_ROUTE,
    },
  },
  {
    field: "gateway",
    applies: ({ subnet, gateway }) =>
      subnet !== undefined && gateway !== undefined &&
      isNonHop(gateway, subnet),
    readers: forEveryReader(
      "gets a gateway that cannot work: the guest itself, or broadcast",
    ),
  },
  {
    field: "gateway",
    applies: (ip) => hasOffSubnetGateway(ip) && !ip.hasGatewayRoute,
    readers: { dracut: NO_ROUTE, systemd: NOT_CONFIGURED },
  },
  {
    field: "gateway",
    applies: (ip) =>
      hasOffSubnetGateway(ip) && ip.subnet !== undefined && !isUnset(ip.subnet),
    readers: { kernel: NO_ROUTE, klibc: NO_ROUTE },
  },
  {
    field: "gateway",
    applies: ({ subnet, gateway }) =>
      subnet?.prefixLength === 31 && gateway !== undefined,
    readers: { kernel: NO_ROUTE, klibc: NO_ROUTE },
  },
  {
    field: "netmask",
    applies: ({ client, getText }) =>
      client?.family === 4 && getText("netmask") === "",
    readers: {
      kernel: GUESSED,
      klibc: GUESSED,
      dracut: { refused: "stops: it does not guess masks" },
      systemd: "reads it as /32",
      networkmanager: GUESSED,
    },
  },
  {
    field: "netmask",
    applies: ({ subnet, getText }) =>
      subnet !== undefined && isUnset(subnet) &&
      getText("netmask").includes("."),
    readers: { kernel: GUESSED, klibc: GUESSED },
  },
  {
    field: "netmask",
    applies: ({ subnet }) => subnet?.prefixLength === 0,
    readers: { dracut: NO_ROUTE, systemd: NOT_CONFIGURED },
  },
  {
    field: "netmask",
    applies: ({ subnet, getText }) =>
      subnet !== undefined && !getText("netmask").includes("."),
    readers: {
      kernel: "knows no prefix lengths: /8 for 10.x.x.x",
      klibc: UNPARSED,
    },
  },
  {
    field: "netmask",
    applies: ({ client, subnet, getText }) =>
      client?.family === 4 && getText("netmask") !== "" && subnet === undefined,
    readers: forEveryReader("gets a mask that no subnet has"),
  },
  {
    field: "hostname",
    applies: ({ getText }) => getText("hostname").includes("."),
    readers: {
      kernel: "uses what follows the first dot as the NIS domain",
    },
  },
  {
    field: "autoconf",
    applies: (ip) => hasProtocol(ip, /^$/),
    readers: {
      dracut: { refused: "stops: it reads an empty field as dhcp" },
      systemd: UNPARSED,
      networkmanager: WAITS,
    },
  },
  {
    field: "autoconf",
    applies: (ip) => hasProtocol(ip, /^static$/),
    readers: { dracut: STOPS, systemd: UNPARSED, networkmanager: WAITS },
  },
  {
    field: "autoconf",
    applies: (ip) => hasProtocol(ip, /^(?:dhcp|on|any)$/),
    readers: {
      klibc: "asks by DHCP, and waits for an answer",
      dracut: STOPS,
      systemd: "also asks by DHCP",
      networkmanager: WAITS,
    },
  },
  {
    field: "autoconf",
    applies: (ip) => hasProtocol(ip, /^(?!(?:off|none|static|dhcp|on|any|)$)/),
    readers: {
      klibc: "asks by that protocol, or refuses the word",
      dracut: "also asks by that protocol, or stops",
      systemd: "also asks by that protocol, or refuses the word",
      networkmanager: WAITS,
    },
  },
  ...(["dns0", "dns1"] as const).map((field): Misreading => ({
    field,
    applies: ({ getText }) => isNoIpv4(getText(field)),
    readers: {
      kernel: "makes an IPv4 address of any text",
    },
  })),
  ...(["client", "gateway", "dns0", "dns1"] as const).flatMap((
    field,
  ): Misreading[] => [
    {
      field,
      applies: ({ getText }) =>
        isNoIpv4(getText(field)) && isDotted(getText(field)),
      readers: {
        klibc: "reads each number as a byte, even one that is too large",
      },
    },
    {
      field,
      applies: ({ getText }) =>
        isNoIpv4(getText(field)) && !isDotted(getText(field)),
      readers: { klibc: UNPARSED },
    },
  ]),
  {
    field: "dns1",
    applies: ({ getText }) => getText("dns0") === "" && getText("dns1") !== "",
    readers: {
      dracut: "reads it as a MAC, after an empty MTU",
      systemd: BAD_MAC,
      networkmanager: BAD_MAC,
    },
  },
  {
    field: "dns0",
    applies: ({ fields, getText }) =>
      fields.length > 9 && getText("dns0") === "" && getText("dns1") === "",
    readers: { systemd: BAD_MAC, networkmanager: BAD_MAC },
  },
  {
    field: "ntp0",
    applies: ({ fields, getText }) =>
      fields[9]?.name === "ntp0" && getText("dns0") !== "" &&
      getText("ntp0") === "",
    readers: { systemd: UNPARSED },
  },
  {
    field: "ntp0",
    applies: ({ getText }) => getText("ntp0") !== "",
    readers: {
      klibc: IGNORED,
      dracut: IGNORED,
      systemd: UNPARSED,
      networkmanager: IGNORED,
    },
  },
  {
    field: "mtu",
    applies: ({ fields, getText }) =>
      fields[0]?.name === "client" && (getText("mtu") || getText("mac")) !== "",
    readers: {
      kernel: "reads MTU and MAC as nameservers: 1400 becomes 120.0.0.0",
      klibc: UNPARSED,
    },
  },
];

function forEveryReader(remark: Remark): Readonly<Record<IpReader, Remark>> {
  return {
    kernel: remark,
    klibc: remark,
    dracut: remark,
    systemd: remark,
    networkmanager: remark,
  };
}
