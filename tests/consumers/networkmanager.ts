/** The real NetworkManager, on a system bus of its own: what it makes of files. */
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { type GivenFile, runInConsumers } from "./consumers.ts";
import { readKernelState, SHOW } from "./kernel.ts";
import { NO_DAD } from "./networkd.ts";

/** What came of the files. */
export interface NetworkManager {
  /** What the kernel has, as `readKernelState` reads it. */
  readonly kernel: readonly string[];
  /** Nameservers, search domains and resolver options of the first device. */
  readonly resolver: readonly string[];
}

/** Without metric a route has that of its device: 100, then 101. */
const OWN_METRIC = / metric 10\d\b/;

const CONFIG = `[main]
plugins=keyfile
dns=none
rc-manager=unmanaged
[keyfile]
unmanaged-devices=interface-name:peer*
`;

const RUN = `
for folder in /etc/NetworkManager/system-connections /var/lib/NetworkManager; do
  mount -t tmpfs tmpfs $folder
done
install -m 600 *.nmconnection /etc/NetworkManager/system-connections
mkdir /run/dbus
dbus-daemon --system --nofork --nopidfile >/dev/null 2>&1 &
bus=$!
# Without a bus NetworkManager goes on alone, and nobody could ask it.
for attempt in $(seq 200); do
  [ -S /run/dbus/system_bus_socket ] && break
  sleep 0.05
done
printf '%s' "$CONFIG" >/run/nm.conf
NetworkManager --no-daemon --config=/run/nm.conf --config-dir=/run/none \\
  --system-config-dir=/run/none >/dev/null 2>&1 &
daemon=$!
trap 'kill $daemon $bus; wait' EXIT
is_connected() { nmcli -t -f GENERAL.STATE device show $1 2>/dev/null | grep -q ':100 '; }
for attempt in $(seq 600); do
  is_connected eth0 && is_connected $LAST && break
  sleep 0.05
done
nmcli -t -f IP4.DNS,IP6.DNS,IP4.SEARCHES,IP6.SEARCHES device show eth0 |
  cut -d: -f2-
nmcli -e no -g ipv4.dns-options,ipv6.dns-options connection show eth0 | tr , '\\n'
echo end of resolver
${SHOW}`;

/**
 * Starts NetworkManager with files, and devices for it to configure.
 *
 * @param prepare Makes, in the folder with the files, keyfiles of them.
 */
export async function runNetworkManager(
  files: readonly GivenFile[],
  confs: readonly StaticNetworkConf[],
  prepare = "",
): Promise<NetworkManager> {
  const devices = confs.map(({ vmIfName }, index) => vmIfName ?? `eth${index}`);
  const { code, stdout, stderr } = await runInConsumers(
    files,
    `LAST=${devices.at(-1)} CONFIG='${CONFIG}'\n${prepare}\n${RUN}`,
    confs.map(({ vmMacAddr }, index) =>
      `ip link add ${devices[index]} mtu 9000 ${
        vmMacAddr ? `address ${vmMacAddr}` : ""
      } type veth peer name peer${index}
ip link set peer${index} mtu 9000 up`
    ).join("\n") + NO_DAD,
  );
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  const [resolver = "", kernel = ""] = stdout.split("end of resolver\n");
  return {
    kernel: readKernelState(kernel, devices)
      .map((line) => line.replace(OWN_METRIC, "")).sort(),
    resolver: resolver.split("\n").filter((line) => line !== ""),
  };
}
