/** The network `vms`, of Debian's plugins and our own, in a sandbox. */
import { quoteShellWord } from "../../src/formats/shell_words.ts";
import { CNI_VARIABLES } from "../../src/plugin/environment.ts";
import { PLUGINS } from "../chain/place.ts";
import { vmconf } from "../child.ts";
import { libnlPath } from "../integration/libraries.ts";

/** Where its parts are, as options of the chain. */
export const FOLDERS = {
  confDirs: ["/run/net.d"],
  binDirs: ["/run/bin", PLUGINS ?? ""],
  cacheDir: "/run/cni",
} as const;

/** The same, as flags of the command. */
export const FOLDER_FLAGS: readonly string[] = [
  ...FOLDERS.confDirs.map((folder) => `--conf-dir=${folder}`),
  ...FOLDERS.binDirs.map((folder) => `--bin-dir=${folder}`),
  `--cache-dir=${FOLDERS.cacheDir}`,
];

const SUBNETS = ["10.90.0.0/24", "fd00:90::/64"];

/** Runs a script, and gives what it printed. */
export function shell(script: string): string {
  const { success, stdout, stderr } = new Deno.Command("sh", {
    args: ["-ec", script],
  }).outputSync();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  return decoder.decode(stdout);
}

/**
 * Makes the network: its configuration, and our plugin, which is the same
 * program by another name.
 *
 * @param main The plugin that makes the link to the host: `ptp` or `bridge`.
 * @returns The configuration.
 */
export function makeNetwork(main: Readonly<Record<string, unknown>>): string {
  const permissions = [
    `--allow-ffi=${libnlPath}`,
    `--allow-env=${CNI_VARIABLES.join()}`,
  ];
  const conflist = {
    cniVersion: "1.0.0",
    name: "vms",
    plugins: [
      {
        ...main,
        mtu: 1400,
        ipam: {
          type: "host-local",
          dataDir: "/run/ipam",
          ranges: SUBNETS.map((subnet) => [{ subnet }]),
          routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
        },
      },
      { type: "tc-redirect-tap" },
    ],
  };
  shell(`mkdir -p /run/bin /run/net.d /run/netns
cat >/run/bin/tc-redirect-tap <<'END'
#!/bin/sh
exec ${vmconf(permissions).map(quoteShellWord).join(" ")}
END
chmod +x /run/bin/tc-redirect-tap
sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0`);
  const text = JSON.stringify(conflist, null, 2);
  Deno.writeTextFileSync("/run/net.d/vms.conflist", text);
  return text;
}

/**
 * What attachments may leave: links, namespaces, leases, records, routes, rules.
 * A bridge is there for good: its plugin never removes it.
 */
export function networkState(): string {
  return shell(
    `ip -o link | sed 's/^[0-9]*: //; s/[@:].*//' | grep -v '^br-' | sort
ip netns list
find /run/netns /run/cni /run/ipam -type f 2>/dev/null |
  grep -v -e '/lock$' -e '/last_reserved_ip' | sort || true
for family in -4 -6; do ip $family route show | grep -v -e ' br-' | sort; done
{ iptables-save; ip6tables-save; } | grep '^-A' | sort || true`,
  );
}
