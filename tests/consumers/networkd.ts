/** The real systemd-networkd: what it makes of units. */
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { type GivenFile, runInConsumers } from "./consumers.ts";
import { readKernelState, SHOW } from "./kernel.ts";

/** What came of the units. */
export interface Networkd {
  /** What the kernel has, as `readKernelState` reads it. */
  readonly kernel: readonly string[];
  /** For each device with a resolver's settings: name, servers, domains. */
  readonly resolver: readonly string[];
  /** What networkd complained of. */
  readonly complaints: readonly string[];
}

/** Spares tests the wait for link-local addresses, where units cannot say so. */
export const NO_DAD = `
for wait in /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 >$wait; done`;

/** Its daemon waits for what it configures; ten seconds are ample. */
const RUN = `
mkdir -p /run/systemd/network
find . -name '*.network' -exec cp {} /run/systemd/network ';'
/lib/systemd/systemd-networkd 2>/tmp/log &
daemon=$!
trap 'kill $daemon; wait' EXIT
settled() {
  for name in "$@"; do
    index=$(cat /sys/class/net/$name/ifindex)
    grep -qE 'ADMIN_STATE=(configured|failed)' \\
      /run/systemd/netif/links/$index || return 1
  done
}
for attempt in $(seq 500); do
  settled $DEVICES 2>/dev/null && break
  sleep 0.02
done
settled $DEVICES
for name in $DEVICES; do
  grep -E '^(DNS|DOMAINS)=.' /run/systemd/netif/links/$(cat /sys/class/net/$name/ifindex) |
    sed "s/^/resolver: $name /"
done
grep -E 'gnor|ail|nvalid|nknown' /tmp/log | sed 's/^/complaint: /' || true
${SHOW}`;

/**
 * Starts networkd with units, and devices for it to configure.
 *
 * @param script Prepares, in the folder with the files, units in it.
 */
export async function runNetworkd(
  files: readonly GivenFile[],
  confs: readonly StaticNetworkConf[],
  prepare = "",
): Promise<Networkd> {
  const devices = confs.map(({ vmIfName }, index) => vmIfName ?? `eth${index}`);
  const { code, stdout, stderr } = await runInConsumers(
    files,
    `DEVICES='${devices.join(" ")}'\n${prepare}\n${RUN}`,
    confs.map(({ vmMacAddr }, index) =>
      `ip link add ${
        devices[index]
      } address ${vmMacAddr} type veth peer name peer${index}
ip link set peer${index} mtu 9000 up`
    ).join("\n"),
  );
  if (code !== 0) throw new Error(stderr || stdout);
  const tagged = (tag: string) =>
    stdout.split("\n").filter((line) => line.startsWith(tag))
      .map((line) => line.slice(tag.length));
  return {
    kernel: readKernelState(stdout, devices),
    resolver: tagged("resolver: "),
    complaints: tagged("complaint: "),
  };
}
