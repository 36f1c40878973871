/** Whether the real readers of `ip=` make of it what the explanation says. */
import { assertEquals } from "@std/assert";
import { explainLine } from "../../src/formats/explain.ts";
import type { IpReader } from "../../src/formats/explain_readers.ts";
import { getHostBits, parseCidr, parseIp } from "../../src/ip/address.ts";
import { READERS } from "../consumers/command_line.ts";
import { noConsumers, runInConsumers } from "../consumers/consumers.ts";
import { testUnless } from "../integration/sandbox.ts";
import { CASES } from "./cases.ts";

const GOOD = "ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0";

/** Command lines, and what each is meant to say; nonsense says nothing. */
const MEANT: Readonly<Record<string, string>> = {
  [`${GOOD}:off`]: "10.0.0.2/24 via 10.0.0.1",
  [`${GOOD}:none`]: "10.0.0.2/24 via 10.0.0.1",
  [`${GOOD}:off:1.1.1.1:8.8.8.8`]:
    "10.0.0.2/24 via 10.0.0.1 dns 1.1.1.1 dns 8.8.8.8",
  [`${GOOD}:off:1.1.1.1:8.8.8.8:9.9.9.9`]:
    "10.0.0.2/24 via 10.0.0.1 dns 1.1.1.1 dns 8.8.8.8 ntp 9.9.9.9",
  [`${GOOD}:off:1.1.1.1::`]: "10.0.0.2/24 via 10.0.0.1 dns 1.1.1.1",
  [`${GOOD}:off::8.8.8.8`]: "10.0.0.2/24 via 10.0.0.1 dns 8.8.8.8",
  [`${GOOD}:off:`]: "10.0.0.2/24 via 10.0.0.1",
  [`${GOOD}:off::`]: "10.0.0.2/24 via 10.0.0.1",
  [`${GOOD}:off:::`]: "10.0.0.2/24 via 10.0.0.1",
  [`${GOOD}:off:1400`]: "10.0.0.2/24 via 10.0.0.1 mtu 1400",
  [`${GOOD}:off:1400:02:00:00:00:00:07`]:
    "10.0.0.2/24 via 10.0.0.1 mtu 1400 mac 02:00:00:00:00:07",
  [`${GOOD}:off::02:00:00:00:00:07`]:
    "10.0.0.2/24 via 10.0.0.1 mac 02:00:00:00:00:07",
  [GOOD]: "10.0.0.2/24 via 10.0.0.1",
  [`${GOOD}:static`]: "10.0.0.2/24 via 10.0.0.1",
  [`${GOOD}:dhcp`]: "10.0.0.2/24 via 10.0.0.1",
  [`${GOOD}:bogus`]: "10.0.0.2/24 via 10.0.0.1",
  "ip=10.0.0.2:::255.255.255.254::eth0:off": "10.0.0.2/31",
  "ip=10.0.0.2::10.0.0.3:255.255.255.254::eth0:off": "10.0.0.2/31 via 10.0.0.3",
  "ip=10.0.0.2::10.0.0.1:255.255.255.255::eth0:off": "10.0.0.2/32 via 10.0.0.1",
  "ip=10.0.0.2::10.9.0.1:255.255.255.0::eth0:off": "10.0.0.2/24 via 10.9.0.1",
  "ip=10.0.0.2::10.9.0.1:255.255.255.255::eth0:off rd.route=10.9.0.1/32::eth0":
    "10.0.0.2/32 via 10.9.0.1",
  "ip=10.0.0.2::10.0.0.1:24::eth0:off": "10.0.0.2/24 via 10.0.0.1",
  "ip=10.0.0.2::10.0.0.1:::eth0:off": "nonsense",
  "ip=10.0.0.2:::255.0.255.0::eth0:off": "nonsense",
  "ip=10.0.0.2::<nil>:255.255.255.0::eth0:off": "nonsense",
  "ip=10.0.0.2::[fd00::1]:255.255.255.0::eth0:off": "nonsense",
  "ip=300.0.0.2:::255.255.255.0::eth0:off": "nonsense",
  "ip=nowhere:::255.255.255.0::eth0:off": "nonsense",
  "ip=fd00::2::fd00::1:64::eth0:off": "nonsense",
  "ip=[fd00::2]::[fd00::1]:64::eth0:off rd.net.timeout.ipv6dad=2":
    "fd00::2/64 via fd00::1",
};
const LINES = Object.keys(MEANT);

/** What each reader understood of some lines. */
const UNDERSTOOD: Readonly<
  Record<
    Exclude<IpReader, "kernel">,
    (lines: readonly string[]) => Promise<readonly string[]>
  >
> = {
  klibc: readByKlibc,
  dracut: readByDracut,
  systemd: readBySystemd,
  networkmanager: readByNetworkManager,
};

function isReadAsWritten(line: string, reader: string): boolean {
  const [explained] = explainLine(line).parameters;
  return explained?.readings.some((reading) =>
    reading.reader === reader && reading.verdict === "as-written"
  ) ?? false;
}

for (const [reader, understood] of Object.entries(UNDERSTOOD)) {
  testUnless(
    noConsumers,
    `${reader} reads the lines as written for which we say so, and no others`,
    async () => {
      // Where dracut itself would stop, its scripts go on to wait for a minute.
      const lines = LINES.filter((line) =>
        reader !== "dracut" || !line.endsWith(":dhcp")
      );
      const found = await understood(lines);
      assertEquals(found.length, lines.length);
      assertEquals(
        lines.filter((line, index) => found[index] === MEANT[line]),
        lines.filter((line) => isReadAsWritten(line, reader)),
      );
    },
  );
}

const DEVICE = `ip link add eth0 type veth peer name peer0
ip link set peer0 up`;

/** Runs a command for each `$line`; what it prints is one entry. */
async function forEachLine(
  lines: readonly string[],
  command: string,
  setup = "",
): Promise<string[]> {
  const { code, stdout, stderr } = await runInConsumers(
    [{ name: "lines", text: lines.map((line) => `${line}\n`).join("") }],
    `while read -r line; do
{ ${command}
} 2>/dev/null </dev/null
echo end of line
done <lines`,
    setup,
  );
  assertEquals(code, 0, stderr);
  return stdout.split("end of line\n").slice(0, -1);
}

/** Asked for DHCP, ipconfig would wait for an answer and never end. */
async function readByKlibc(lines: readonly string[]): Promise<string[]> {
  const outputs = await forEachLine(
    lines,
    `value=\${line%% *}
rm -f /run/net-*
ip address flush dev eth0
ip link set eth0 down
timeout 1 /usr/lib/klibc/bin/ipconfig -t 1 "\${value#ip=}" >/dev/null || true
ip -o address show eth0 | sed -n 's/.* inet \\([^ ]*\\).*/\\1/p'
ip route show default | sed -n 's/.* via \\([^ ]*\\).*/via \\1/p'
sed -n "s/^IPV4DNS[01]='\\(.*\\)'$/dns \\1/p" /run/net-eth0.conf | grep -v 0.0.0.0 || true`,
    DEVICE,
  );
  return outputs.map((output) => output.trim().replaceAll("\n", " "));
}

async function readByDracut(lines: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const line of lines) found.push(await runDracut(line));
  return found;
}

async function runDracut(line: string): Promise<string> {
  const reading = READERS.dracut?.(line, CASES.plain);
  // It complains of what it does not take, and then there is no network.
  const { kernel, nameservers } = await reading?.catch(() => undefined) ?? {};
  const state = kernel?.join("\n") ?? "";
  return [
    /^eth0 (\S+\/\d+)$/m.exec(state)?.[1],
    /route default (via \S+)$/m.exec(state)?.[1],
    ...nameservers?.map((server) => `dns ${server}`) ?? [],
    /(mtu (?!1500).*)/.exec(state)?.[1],
    /^eth0 (02:00:00:00:00:07) /m.exec(state)?.[1]?.replace(/^/, "mac "),
  ].filter((part) => part !== undefined).join(" ");
}

async function readBySystemd(lines: readonly string[]): Promise<string[]> {
  const outputs = await forEachLine(
    lines,
    `rm -rf root
/lib/systemd/systemd-network-generator --root=root -- $line && cat root/run/systemd/network/*.network || true`,
  );
  return outputs.map((unit) =>
    splitParts(unit, [
      [/^Address=(.*)/gm, (address) => address],
      [/^Gateway=(.*)/gm, (gateway) =>
        isReachable(gateway, unit) ? `via ${gateway}` : "via nowhere"],
      [/^DNS=(.*)/gm, (server) =>
        `dns ${server}`],
      [/^MTUBytes=(.*)/gm, (mtu) =>
        `mtu ${mtu}`],
      [/^MACAddress=(.*)/gm, (mac) => `mac ${mac}`],
      [/^DHCP=(?!no$)(.*)/gm, (families) => `dhcp ${families}`],
    ])
  );
}

/** The kernel takes no gateway from networkd that is not on the link. */
function isReachable(gateway: string, unit: string): boolean {
  const [, text = ""] = /^Address=(.*)/m.exec(unit) ?? [];
  const subnet = parseCidr(text);
  const ip = parseIp(gateway);
  return subnet !== undefined && ip !== undefined &&
      getHostBits(subnet, ip) !== undefined ||
    unit.includes(`\nDestination=${gateway}/32\n`);
}

async function readByNetworkManager(
  lines: readonly string[],
): Promise<string[]> {
  const outputs = await forEachLine(
    lines,
    "/usr/lib/NetworkManager/nm-initrd-generator -s -- $line",
  );
  return outputs.map((keyfile) =>
    splitParts(keyfile, [
      [/^address1=([^,\n]*)/gm, (address) => address],
      [/^address1=.*,(.*)/gm, (gateway) => `via ${gateway}`],
      [/^dns=(.*);/gm, (servers) =>
        servers.split(";").map((server) =>
          `dns ${server}`
        ).join(" ")],
      [/^mtu=(.*)/gm, (mtu) => `mtu ${mtu}`],
      [/^cloned-mac-address=(.*)/gm, (mac) => `mac ${mac}`],
      [/^method=(auto)/gm, (method) => method],
    ])
  );
}

type Part = readonly [pattern: RegExp, write: (found: string) => string];

function splitParts(text: string, parts: readonly Part[]): string {
  return parts.flatMap(([pattern, write]) =>
    [...text.matchAll(pattern)].map(([, found = ""]) => write(found))
  ).join(" ");
}
