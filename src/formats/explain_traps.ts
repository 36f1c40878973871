/**
 * What readers of `ip=` make of it otherwise than it was meant: a table of what
 * was met on the real programs.
 */
import { hostBitsIn, parseIp } from "../ip/address.ts";
import type { IpReader, Surroundings } from "./explain.ts";
import type { Parameter } from "./explain_fields.ts";

/** One way to be misread. */
export interface Trap {
  /** Who is caught in it. */
  readonly of: readonly IpReader[];
  /** Whether a parameter is caught. */
  readonly catches: (parameter: Parameter, around: Surroundings) => boolean;
  /** What happens. */
  readonly note: string;
}

const KERNELS: readonly IpReader[] = ["kernel", "klibc"];
const INITRDS: readonly IpReader[] = ["dracut", "systemd", "networkmanager"];
const EVERYONE: readonly IpReader[] = [...KERNELS, ...INITRDS];

/** Longer lines are cut by x86 and arm64. */
const LONGEST_LINE = 2047;

const isStatic = ({ values }: Parameter) => (values[0] ?? "") !== "";
const method = ({ values }: Parameter) => values[6] ?? "";
const gatewayOf = ({ values }: Parameter) => parseIp(values[2] ?? "");

function isIpv6(parameter: Parameter): boolean {
  return parameter.client?.family === 6 || parameter.values[0] === "[";
}

function isGatewayOutside(parameter: Parameter): boolean {
  const { client, prefixLength } = parameter;
  const gateway = gatewayOf(parameter);
  return client?.family === 4 && prefixLength !== undefined &&
    gateway !== undefined && prefixLength < 31 &&
    hostBitsIn({ ...client, prefixLength }, gateway) === undefined;
}

/** dracut's short form, such as `eth0:dhcp`. */
function hasOnlyDevice(parameter: Parameter): boolean {
  return !isStatic(parameter) && (parameter.values[5] ?? "") !== "" &&
    parameter.fields.length === 2;
}

/** The traps. */
export const TRAPS: readonly Trap[] = [
  {
    of: EVERYONE,
    catches: (parameter) =>
      isStatic(parameter) && parameter.client === undefined,
    note: "client-ip is no address: the guest gets none",
  },
  {
    of: KERNELS,
    catches: hasOnlyDevice,
    note:
      "it knows no device before the method: it takes the device for client-ip, which is no address",
  },
  {
    of: KERNELS,
    catches: isIpv6,
    note:
      "it knows IPv4 only: the guest gets no address, and nameservers of the rest",
  },
  {
    of: KERNELS,
    catches: ({ values }) => /^\d{1,2}$/.test(values[3] ?? ""),
    note:
      "netmask is no mask such as 255.255.255.0: it guesses one by the address's class, /8 for 10.0.0.0",
  },
  {
    of: KERNELS,
    catches: ({ client, values, prefixLength }) =>
      client?.family === 4 && /\./.test(values[3] ?? "") &&
      (prefixLength === 32 || prefixLength === 0),
    note:
      "it takes the mask for unset and guesses one by the address's class, /8 for 10.0.0.0; a gateway outside of that is lost",
  },
  {
    of: ["kernel"],
    catches: (parameter) =>
      parameter.prefixLength === 31 && gatewayOf(parameter) !== undefined,
    note: "the gateway of a subnet of two fails, and so does every ping",
  },
  {
    of: ["kernel"],
    catches: isGatewayOutside,
    note: '"Gateway not on directly connected network": there is none then',
  },
  {
    of: EVERYONE,
    catches: (parameter) =>
      (parameter.values[2] ?? "") !== "" &&
      parseIp((parameter.values[2] ?? "").replace(/^\[(.*)\]$/, "$1")) ===
        undefined,
    note: "gw-ip is no address",
  },
  {
    of: KERNELS,
    catches: ({ isDracuts }) => isDracuts,
    note:
      "MTU and MAC are dracut's dialect: it takes them for nameservers, such as 120.0.0.0 for 1400",
  },
  {
    of: KERNELS,
    catches: (parameter) =>
      isStatic(parameter) && !/^(?:off|none)$/.test(method(parameter)),
    note:
      "autoconf is neither off nor none: it asks by DHCP too, and takes that answer",
  },
  {
    of: ["kernel"],
    catches: ({ values }) => (values[4] ?? "").includes("."),
    note: "what stands behind the first dot of hostname becomes the NIS domain",
  },
  {
    of: KERNELS,
    catches: (_, { isLast }) => !isLast,
    note:
      "of several ip= the last one counts: this interface stays as it is, but its nameservers remain",
  },
  {
    of: ["kernel"],
    catches: (_, { line }) =>
      new TextEncoder().encode(line).length > LONGEST_LINE,
    note:
      `the line is cut after ${LONGEST_LINE} bytes, silently, in the middle of whatever is there`,
  },
  {
    of: ["dracut"],
    catches: ({ values: [, , , , , device] }, { parsed }) =>
      parsed.filter(({ values }) => values[5] === device).length > 1,
    note: "two ip= for one device stop the boot",
  },
  {
    of: ["systemd", "networkmanager"],
    catches: ({ text }) => text.endsWith(":"),
    note: "it refuses a colon at the end",
  },
  {
    of: ["systemd"],
    catches: ({ values, isDracuts }) => !isDracuts && values.length > 9,
    note: "it refuses a field for a time server",
  },
  {
    of: INITRDS,
    catches: ({ values, client }) =>
      client?.family === 6 && !(values[0] ?? "").startsWith("["),
    note: "an IPv6 address stands in brackets",
  },
];
