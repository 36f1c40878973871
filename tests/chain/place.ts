/** A sandbox with networks of real plugins, whose state can be compared. */
import { assertEquals } from "@std/assert";
import { type Outcome, vmconf } from "../child.ts";
import {
  inSandbox,
  isRoot,
  noSandbox,
  testUnless,
} from "../integration/sandbox.ts";

/** Where Debian and Ubuntu, Fedora, and others keep the plugins. */
const FOLDERS = ["/usr/lib/cni", "/usr/libexec/cni", "/opt/cni/bin"];

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The folder of the real plugins. */
export const PLUGINS = FOLDERS.find((folder) =>
  isThere(`${folder}/host-local`)
);

function hasTool(name: string): boolean {
  return ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) =>
    isThere(`${folder}/${name}`)
  );
}

/** Why chains of real plugins cannot be run here, if they cannot. */
export const noPlugins: string | undefined = !isRoot ? "not root" : noSandbox ??
  (PLUGINS === undefined ? "CNI plugins are not installed" : undefined) ??
  ["jq", "iptables"].map((tool) =>
    hasTool(tool) ? undefined : `${tool} is not installed`
  ).find((reason) => reason !== undefined);

/** A tap for a VM behind the chain's interface, and the VM's side of it. */
const VM_TAP = `#!/bin/sh
# Makes a tap beside the chain's interface, and tells what the VM is to be:
# its pseudo-interface has the VM's id as sandbox, and the chain's addresses.
set -e
netns=\${CNI_NETNS##*/}
case $CNI_COMMAND in
VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["0.4.0","1.0.0"]}' ;;
ADD)
  ip -n "$netns" tuntap add dev "tap-$CNI_IFNAME" mode tap
  ip -n "$netns" link set "tap-$CNI_IFNAME" mtu 1400 up
  jq --arg tap "tap-$CNI_IFNAME" --arg netns "$CNI_NETNS" --arg vm "$CNI_CONTAINERID" '
    .prevResult | (.interfaces | length) as $n
    | .interfaces += [
        {name: $tap, sandbox: $netns},
        {name: $tap, sandbox: $vm, mac: "02:00:00:00:00:01"}]
    | .ips |= map(.interface = $n + 1)'
  ;;
DEL) ip -n "$netns" link del "tap-$CNI_IFNAME" 2>/dev/null || true ;;
CHECK) ip -n "$netns" link show "tap-$CNI_IFNAME" > /dev/null ;;
esac
`;

const buildIpam = (...subnets: string[]) => ({
  type: "host-local",
  dataDir: "/run/ipam",
  ranges: subnets.map((subnet) => [{ subnet }]),
  routes: subnets.map((subnet) => ({
    dst: subnet.includes(":") ? "::/0" : "0.0.0.0/0",
  })),
});

/** Networks of real plugins, by name. */
export const NETWORKS: Readonly<Record<string, readonly object[]>> = {
  ptp: [
    { type: "ptp", ipMasq: true, ipam: buildIpam("10.81.0.0/24") },
    { type: "portmap", capabilities: { portMappings: true } },
    { type: "firewall" },
    { type: "tuning", sysctl: { "net.ipv4.conf.eth0.log_martians": "1" } },
  ],
  dual: [
    { type: "ptp", ipam: buildIpam("10.82.0.0/24", "fd00:82::/64") },
    { type: "firewall" },
  ],
  bridge: [
    {
      type: "bridge",
      bridge: "br-test",
      isGateway: true,
      ipMasq: true,
      ipam: buildIpam("10.83.0.0/24", "fd00:83::/64"),
    },
    { type: "tuning", mtu: 1300 },
  ],
  plain: [{ type: "ptp", ipam: buildIpam("10.87.0.0/24") }],
  full: [
    { type: "ptp", ipMasq: true, ipam: buildIpam("10.88.0.0/24") },
    { type: "portmap", capabilities: { portMappings: true } },
    { type: "firewall" },
    { type: "vm-tap" },
  ],
  // One address for one VM.
  tiny: [{ type: "ptp", ipam: buildIpam("10.86.0.0/30") }],
  loopback: [{ type: "loopback" }],
  vm: [{ type: "ptp", ipam: buildIpam("10.84.0.0/24") }, { type: "vm-tap" }],
  vm6: [
    { type: "ptp", ipam: buildIpam("10.85.0.0/24", "fd00:85::/64") },
    { type: "vm-tap" },
  ],
};

/** Flags for the folders of the sandbox. */
export const DIRS = [
  "--conf-dir=/run/net.d",
  "--bin-dir=/run/bin",
  "--cache-dir=/run/cni",
];

/** CHECK of portmap looks for rules of IPv4 in ip6tables, at least in 1.1.1. */
function buildNetwork(name: string, plugins: readonly object[]): object {
  return {
    cniVersion: "1.0.0",
    name,
    disableCheck: name === "ptp" || name === "full",
    plugins,
  };
}

const SETUP = `
mkdir /run/net.d /run/bin
for plugin in ${PLUGINS}/*; do ln -s "$plugin" /run/bin; done
cat > /run/bin/vm-tap <<'END'
${VM_TAP}END
chmod +x /run/bin/vm-tap
# Without duplicate address detection IPv6 addresses are there at once.
sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
${
  Object.entries(NETWORKS).map(([name, plugins]) =>
    `cat > /run/net.d/${name}.conflist <<'END'
${JSON.stringify(buildNetwork(name, plugins))}
END`
  ).join("\n")
}
# What one attachment may leave: everything that is not a plugin's for good,
# such as the chains of iptables that all attachments share.
cat > /run/state <<'END'
#!/bin/sh
  {
    ip -o link | sed 's/^[0-9]*: //; s/@.*//; s/:.*//' | grep -v br-test
    find /run/netns /run/cni /run/ipam -type f 2>/dev/null |
      grep -v '/\\(lock\\|last_reserved_ip[.0-9]*\\)$'
    grep -o ' /run/netns/[^ ]* ' /proc/self/mounts
    for tables in iptables-save ip6tables-save; do
      $tables | grep -e '-A.*\\(vm-\\|c-\\|10\\.8\\|fd00\\)'
    done
  } | sort
END
chmod +x /run/state
state() { /run/state; }
`;

/**
 * Runs a shell script in a sandbox that has the networks. There `vmconf` is the
 * command with the folders' flags, `plain` without, and `state` prints what is
 * there of attachments.
 */
export function runInPlace(
  script: string,
  permissions: readonly string[] = ["--allow-all"],
): Promise<Outcome> {
  const vm = vmconf(permissions).map((word) => `'${word}'`).join(" ");
  const setup = `${SETUP}
plain() { ${vm} "$@"; }
vmconf() { command=$1; shift; plain "$command" ${DIRS.join(" ")} "$@"; }
${script}`;
  return inSandbox(setup, ["true"]);
}

/** Tests what a script prints there; nothing may be printed on standard error. */
export function testInPlace(
  name: string,
  script: string,
  expected: string,
): void {
  testUnless(noPlugins, name, async () => {
    const { stdout, stderr } = await runInPlace(script);
    assertEquals([stderr, stdout], ["", expected]);
  });
}
