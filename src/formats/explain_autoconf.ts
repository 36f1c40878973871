/** What readers of `ip=` make of an address beside a protocol to ask for one. */
import type { ParsedIp } from "./explain_fields.ts";
import type { Remark, Trap } from "./explain_traps.ts";

/** What becomes of a value that a reader has no use for. */
export const UNPARSED: Remark = [
  "refused",
  "cannot parse it, and configures nothing",
];

const STOPS: Remark = [
  "refused",
  "stops: beside an address it knows off and none alone",
];
const WAITS: Remark = [
  "otherwise",
  "waits for IPv6 routers to advertise themselves, or for DHCP, too",
];

/** Protocols to ask for an address, which klibc and systemd both know. */
const ASKING = /^(?:dhcp|on|any)$/;

function hasProtocol(
  { client, textOf }: ParsedIp,
  is: (protocol: string) => boolean,
): boolean {
  return client !== undefined && is(textOf("autoconf"));
}

/** The traps of the field `autoconf`. */
export const AUTOCONF_TRAPS: readonly Trap[] = [
  {
    field: "autoconf",
    holds: (ip) => hasProtocol(ip, (protocol) => protocol === ""),
    readers: {
      dracut: ["refused", "stops: it takes it for dhcp, beside an address"],
      systemd: UNPARSED,
      networkmanager: WAITS,
    },
  },
  {
    field: "autoconf",
    holds: (ip) => hasProtocol(ip, (protocol) => protocol === "static"),
    readers: { dracut: STOPS, systemd: UNPARSED, networkmanager: WAITS },
  },
  {
    field: "autoconf",
    holds: (ip) => hasProtocol(ip, (protocol) => ASKING.test(protocol)),
    readers: {
      klibc: ["otherwise", "asks by DHCP, and waits for an answer"],
      dracut: STOPS,
      systemd: ["otherwise", "asks by DHCP too"],
      networkmanager: WAITS,
    },
  },
  {
    field: "autoconf",
    holds: (ip) =>
      hasProtocol(
        ip,
        (protocol) =>
          !/^(?:|off|none|static)$/.test(protocol) && !ASKING.test(protocol),
      ),
    readers: {
      klibc: ["otherwise", "asks by that protocol, or refuses the word"],
      dracut: ["otherwise", "asks by that protocol too, or stops at the word"],
      systemd: ["otherwise", "asks by that protocol too, or refuses the word"],
      networkmanager: WAITS,
    },
  },
];
