/**
 * The real readers of dracut's parameters: dracut's own scripts,
 * systemd-network-generator, and NetworkManager's generator.
 */
import { assertEquals } from "@std/assert";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { listDeviceNames } from "../formats/kernel_state.ts";
import { runInConsumers } from "./consumers.ts";
import { readKernelState, SHOW } from "./kernel.ts";
import { NO_DAD, runNetworkd } from "./networkd.ts";
import { runNetworkManager } from "./networkmanager.ts";

/** What came of a command line. */
export interface CommandLine {
  /** What the kernel has, as `readKernelState` reads it. */
  readonly kernel: readonly string[];
  /** The nameservers of the first device. */
  readonly nameservers: readonly string[];
}

type Reader = (
  line: string,
  confs: readonly StaticNetworkConf[],
) => Promise<CommandLine>;

/** The readers, by the names of their dialects. */
export const READERS: Readonly<Record<string, Reader>> = {
  dracut: runDracut,
  systemd: async (line, confs) => {
    const { kernel, resolver, complaints } = await runNetworkd(
      makeCmdline(line),
      changeMacs(confs),
      `/lib/systemd/systemd-network-generator --root=root -- $(cat cmdline)
${NO_ADVERTISEMENTS}${NO_DAD}`,
    );
    assertEquals(complaints, []);
    const [servers = ""] = resolver;
    return { kernel, nameservers: servers.split(/ DNS=| /).slice(1) };
  },
  networkmanager: async (line, confs) => {
    const { kernel, resolver } = await runNetworkManager(
      makeCmdline(line),
      changeMacs(confs),
      `/usr/lib/NetworkManager/nm-initrd-generator -c . -i run -r run -- $(cat cmdline)`,
    );
    return { kernel, nameservers: resolver };
  },
};

function makeCmdline(line: string) {
  return [{ name: "cmdline", text: line }];
}

/** Devices whose MACs are not yet as they are to be. */
function changeMacs(confs: readonly StaticNetworkConf[]) {
  return confs.map((conf, index) => ({
    ...conf,
    vmMacAddr: `02:00:00:00:ff:0${index}`,
  }));
}

/** The generator says nothing of them, and networkd would wait for one. */
const NO_ADVERTISEMENTS =
  `sed -i 's/^DHCP=no$/&\\nIPv6AcceptRA=no/' root/run/systemd/network/*.network`;

/**
 * Gives dracut's scripts what its initramfs would: its programs by their names
 * there, a command line, and no other host to look for duplicates among.
 */
const PREPARE =
  `mkdir -p /run/initramfs /tmp/bin /tmp/lib /tmp/hooks/emergency /tmp/cmdline.d
mount --bind cmdline /proc/cmdline
touch /tmp/resolv.conf
mount --bind /tmp/resolv.conf /etc/resolv.conf
for name in dracut-getarg dracut-getargs; do
  ln -s /usr/lib/dracut/dracut-util /tmp/bin/$name
done
for script in 99base/dracut-lib 99base/dracut-dev-lib 40network/net-lib \\
  35network-legacy/parse-ip-opts 35network-legacy/ifup; do
  sed 's|/etc/cmdline\\.d|/tmp/cmdline.d|; s|/dev/kmsg|/dev/stderr|; s|\\. /lib/|. /tmp/lib/|; /^PATH=/d' \\
    /usr/lib/dracut/modules.d/$script.sh >/tmp/lib/\${script#*/}.sh
done
cat >/tmp/lib/initramfs.sh <<'END'
set +e
PATH=/tmp/bin:$PATH
hookdir=/tmp/hooks
arping() { :; }
. /tmp/lib/dracut-lib.sh
. /tmp/lib/net-lib.sh
END`;

/** It tries a gateway before the route to it, and once more afterwards. */
const HARMLESS = "Nexthop has invalid gateway|No route to host|^<30>dracut: ";

async function runDracut(
  line: string,
  confs: readonly StaticNetworkConf[],
): Promise<CommandLine> {
  const names = listDeviceNames(confs);
  const { code, stdout, stderr } = await runInConsumers(
    makeCmdline(line),
    `${PREPARE}
{
  (. /tmp/lib/initramfs.sh; . /tmp/lib/parse-ip-opts.sh)
  for name in ${names.join(" ")}; do
    (set -- $name -m; . /tmp/lib/initramfs.sh; . /tmp/lib/ifup.sh)
  done
} 2>&1 | grep -Ev '${HARMLESS}' >&2 || true
sed 's/^nameserver //' /etc/resolv.conf
${SHOW}`,
    names.map((name, index) =>
      `ip link add ${name} type veth peer name peer${index}
ip link set peer${index} mtu 9000 up`
    ).join("\n"),
  );
  if (code !== 0 || stderr !== "") throw new Error(`${code}: ${stderr}`);
  return {
    kernel: readKernelState(stdout, names),
    nameservers: stdout.trim().split("\n").slice(0, -2),
  };
}
