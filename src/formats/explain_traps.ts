/**
 * What those that read `ip=` make of values that they do not all read alike.
 *
 * Seen on the real programs: Linux 6.1, klibc 2.0.12, dracut 059
 * (network-legacy), systemd 252, NetworkManager 1.42. Not seen but concluded:
 * what the kernel makes of IPv6 without brackets, of a device in the first field
 * and of broken masks, dracut of broken masks, and dracut, systemd and
 * NetworkManager of gateways that lead nowhere.
 */
import { type Cidr, hostBitsIn, parseIp } from "../ip/address.ts";
import { AUTOCONF_TRAPS, UNPARSED } from "./explain_autoconf.ts";
import type { IpFieldName, ParsedIp } from "./explain_fields.ts";
import { isNonHop } from "./nic_addresses.ts";

/** Those that read `ip=`, and how people call them. */
export const IP_READERS = {
  kernel: "the kernel (CONFIG_IP_PNP)",
  klibc: "klibc's ipconfig (initramfs-tools)",
  dracut: "dracut (network-legacy)",
  systemd: "systemd-network-generator",
  networkmanager: "NetworkManager (nm-initrd-generator)",
} as const;

/** One that reads `ip=`. */
export type IpReader = keyof typeof IP_READERS;

/**
 * What becomes of a value: it is read `as-written`, `otherwise` than it seems to
 * say, or `refused`, so that there is no network.
 */
export type Verdict = "as-written" | "otherwise" | "refused";

/** What a reader makes of a field that is a trap. */
export type Remark = readonly [verdict: Verdict, why: string];

/** A field that readers do not all take alike. */
export interface Trap {
  readonly field: IpFieldName;
  readonly holds: (ip: ParsedIp) => boolean;
  readonly readers: Readonly<Partial<Record<IpReader, Remark>>>;
}

const NO_ROUTE: Remark = [
  "otherwise",
  "sets no default route, and says so at most in a log",
];
const NOT_CONFIGURED: Remark = [
  "otherwise",
  "writes a unit that networkd cannot apply: the gateway is not on the link",
];
const GUESSED: Remark = [
  "otherwise",
  "takes the mask for unset and guesses one: /8 for 10.x.x.x; a gateway outside of that is lost",
];
const NO_ADDRESS: Remark = ["refused", "finds no address in it"];
const NO_MAC: Remark = [
  "refused",
  "takes what stands behind an empty field for a MAC, and a bad one",
];

const isStatic = ({ client }: ParsedIp) => client !== undefined;
const isUnbracketedIpv6 = ({ textOf }: ParsedIp) =>
  /^[\da-f]{1,4}$/i.test(textOf("client"));

const isNoIpv4 = (text: string) => text !== "" && parseIp(text)?.family !== 4;
const isDotted = (text: string) => /^\d+(?:\.\d+){3}$/.test(text);

/** To the kernel and klibc these masks are none: they guess another. */
function isTakenForUnset({ prefixLength }: Cidr): boolean {
  return prefixLength === 0 || prefixLength === 32;
}

/** The traps, by their fields. */
export const TRAPS: readonly Trap[] = [
  {
    field: "client",
    holds: isUnbracketedIpv6,
    readers: {
      kernel: [
        "otherwise",
        "knows IPv4 only, and takes parts of it for other fields",
      ],
      dracut: [
        "otherwise",
        "takes its parts for other fields: IPv6 stands in brackets",
      ],
      systemd: UNPARSED,
      networkmanager: NO_ADDRESS,
    },
  },
  {
    field: "client",
    holds: ({ client }) => client?.family === 6,
    readers: {
      kernel: [
        "otherwise",
        "knows IPv4 only: invents an address and a nameserver of the parts",
      ],
    },
  },
  {
    field: "client",
    holds: (ip) =>
      ip.textOf("client") !== "" && !isStatic(ip) && !isUnbracketedIpv6(ip),
    readers: {
      kernel: ["otherwise", "reports no error: another address, or none"],
      dracut: ["otherwise", "hands it on as it is, to no avail"],
      systemd: UNPARSED,
      networkmanager: NO_ADDRESS,
    },
  },
  {
    field: "device",
    holds: ({ fields: [first] }) => first?.name === "device",
    readers: {
      kernel: ["otherwise", "expects an address where the device stands"],
      klibc: UNPARSED,
    },
  },
  {
    field: "gateway",
    holds: (ip) =>
      ip.client?.family === 4 && ip.textOf("gateway") !== "" &&
      ip.gateway === undefined,
    readers: {
      kernel: NO_ROUTE,
      dracut: ["otherwise", "hands it on as it is, to a shell and to ip"],
      systemd: UNPARSED,
      networkmanager: NO_ROUTE,
    },
  },
  {
    field: "gateway",
    holds: ({ subnet, gateway }) =>
      subnet !== undefined && gateway !== undefined &&
      isNonHop(gateway, subnet),
    readers: everyone([
      "otherwise",
      "is told a gateway that leads nowhere: the guest itself, or broadcast",
    ]),
  },
  {
    field: "gateway",
    holds: ({ subnet, gateway, hasGatewayRoute }) =>
      subnet !== undefined && gateway !== undefined && !hasGatewayRoute &&
      hostBitsIn(subnet, gateway) === undefined,
    readers: { dracut: NO_ROUTE, systemd: NOT_CONFIGURED },
  },
  {
    field: "gateway",
    holds: ({ subnet, gateway }) =>
      subnet !== undefined && gateway !== undefined &&
      !isTakenForUnset(subnet) && hostBitsIn(subnet, gateway) === undefined,
    readers: { kernel: NO_ROUTE, klibc: NO_ROUTE },
  },
  {
    field: "gateway",
    holds: ({ subnet, gateway }) =>
      subnet?.prefixLength === 31 && gateway !== undefined,
    readers: { kernel: NO_ROUTE, klibc: NO_ROUTE },
  },
  {
    field: "netmask",
    holds: ({ client, textOf }) =>
      client?.family === 4 && textOf("netmask") === "",
    readers: {
      kernel: GUESSED,
      klibc: GUESSED,
      dracut: ["refused", "stops: it does not calculate masks"],
      systemd: ["otherwise", "takes it for /32"],
      networkmanager: GUESSED,
    },
  },
  {
    field: "netmask",
    holds: ({ subnet, textOf }) =>
      subnet !== undefined && isTakenForUnset(subnet) &&
      textOf("netmask").includes("."),
    readers: { kernel: GUESSED, klibc: GUESSED },
  },
  {
    field: "netmask",
    holds: ({ subnet }) => subnet?.prefixLength === 0,
    readers: { dracut: NO_ROUTE, systemd: NOT_CONFIGURED },
  },
  {
    field: "netmask",
    holds: ({ subnet, textOf }) =>
      subnet !== undefined && !textOf("netmask").includes("."),
    readers: {
      kernel: ["otherwise", "knows no prefix lengths: /8 for 10.x.x.x"],
      klibc: UNPARSED,
    },
  },
  {
    field: "netmask",
    holds: ({ client, subnet, textOf }) =>
      client?.family === 4 && textOf("netmask") !== "" && subnet === undefined,
    readers: everyone(["otherwise", "is told a mask that no subnet has"]),
  },
  {
    field: "hostname",
    holds: ({ textOf }) => textOf("hostname").includes("."),
    readers: {
      kernel: [
        "otherwise",
        "takes what is behind the first dot for the NIS domain",
      ],
    },
  },
  ...AUTOCONF_TRAPS,
  ...(["dns0", "dns1"] as const).map((field): Trap => ({
    field,
    holds: ({ textOf }) => isNoIpv4(textOf(field)),
    readers: {
      kernel: ["otherwise", "makes an IPv4 address of whatever it is"],
    },
  })),
  ...(["client", "gateway", "dns0", "dns1"] as const).flatMap((
    field,
  ): Trap[] => [
    {
      field,
      holds: ({ textOf }) => isNoIpv4(textOf(field)) && isDotted(textOf(field)),
      readers: {
        klibc: ["otherwise", "takes each number for a byte, too large or not"],
      },
    },
    {
      field,
      holds: ({ textOf }) =>
        isNoIpv4(textOf(field)) && !isDotted(textOf(field)),
      readers: { klibc: UNPARSED },
    },
  ]),
  {
    field: "dns1",
    holds: ({ textOf }) => textOf("dns0") === "" && textOf("dns1") !== "",
    readers: {
      dracut: ["otherwise", "takes it for a MAC, behind an empty MTU"],
      systemd: NO_MAC,
      networkmanager: NO_MAC,
    },
  },
  {
    field: "dns0",
    holds: ({ fields, textOf }) =>
      fields.length > 9 && textOf("dns0") === "" && textOf("dns1") === "",
    readers: { systemd: NO_MAC, networkmanager: NO_MAC },
  },
  {
    field: "ntp0",
    holds: ({ fields, textOf }) =>
      fields[9]?.name === "ntp0" && textOf("dns0") !== "" &&
      textOf("ntp0") === "",
    readers: { systemd: UNPARSED },
  },
  {
    field: "ntp0",
    holds: ({ textOf }) => textOf("ntp0") !== "",
    readers: {
      klibc: ["otherwise", "leaves it out"],
      dracut: ["otherwise", "leaves it out"],
      systemd: UNPARSED,
      networkmanager: ["otherwise", "leaves it out"],
    },
  },
  {
    field: "mtu",
    holds: ({ fields, textOf }) =>
      fields[0]?.name === "client" && (textOf("mtu") || textOf("mac")) !== "",
    readers: {
      kernel: [
        "otherwise",
        "takes MTU and MAC for nameservers: 1400 is 120.0.0.0",
      ],
      klibc: UNPARSED,
    },
  },
];

function everyone(remark: Remark): Readonly<Record<IpReader, Remark>> {
  return {
    kernel: remark,
    klibc: remark,
    dracut: remark,
    systemd: remark,
    networkmanager: remark,
  };
}
