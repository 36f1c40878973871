/** A sandbox in which the plugin is called as by a runtime. */
import { assertEquals } from "@std/assert";
import { CNI_VARIABLES } from "../../src/plugin/environment.ts";
import {
  fixedPermissions,
  notInstalled,
  type Outcome,
  repositoryPath,
  vmconf,
} from "../child.ts";
import { libnlPath, noLibnl } from "../integration/libraries.ts";
import { inSandbox, noSandbox } from "../integration/sandbox.ts";

/** All that the plugin may do. */
export const PERMISSIONS = [
  `--allow-ffi=${libnlPath}`,
  `--allow-env=${CNI_VARIABLES.join()}`,
];

/** Why the plugin cannot be run here, if it cannot. */
export const noPlugin: string | undefined = noSandbox ?? noLibnl ??
  await notInstalled("tc") ?? await notInstalled("jq");

/** Why the plugin's permissions cannot be chosen here, if they cannot. */
export const noPluginPermissions: string | undefined = noPlugin ??
  fixedPermissions;

function quoteWords(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}

/**
 * `plugin COMMAND CONFIG`: calls the plugin for vm-1 and eth0 of namespace a,
 * unless the variables say otherwise. `runtime` is the runtime of these tests.
 */
function buildFunctions(permissions: readonly string[]): string {
  return `
mkdir -p /run/bin
cat >/run/bin/tc-redirect-tap <<'EOF'
#!/bin/sh
exec ${quoteWords(vmconf(permissions))}
EOF
chmod +x /run/bin/tc-redirect-tap
export CNI_PATH=/run/bin:/usr/lib/cni
export CNI_CONTAINERID=vm-1 CNI_NETNS=/run/netns/a CNI_IFNAME=eth0
plugin() { printf '%s' "$2" | CNI_COMMAND=$1 tc-redirect-tap; }
runtime() { ${quoteWords([repositoryPath("tests/plugin/runtime.sh")])} "$@"; }
PATH=/run/bin:$PATH
`;
}

/** Makes namespace a, with eth0 of MTU 1412. */
export const VETH = `
ip netns add a
ip -n a link set lo up
ip -n a link add eth0 mtu 1412 address 02:00:00:00:00:01 type veth peer name v0
ip -n a link set eth0 up
`;

/** A result that a plugin before ours could have printed for {@linkcode VETH}. */
export const PREV_RESULT = {
  interfaces: [
    { name: "eth0" }, // the host's
    { name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/run/netns/a" },
    { name: "eth1", sandbox: "/run/netns/a" },
  ],
  ips: [
    { interface: 1, address: "10.0.0.2/24", gateway: "10.0.0.1" },
    { interface: 0, address: "10.0.0.9/24" },
    { interface: 2, address: "10.0.1.2/24" },
    { interface: 9, address: "10.0.2.2/24" },
    { address: "10.0.3.2/24" },
    { interface: 1, address: "fd00::2/64" },
  ],
  routes: [{ dst: "0.0.0.0/0" }],
};

/** A configuration, as text; a shell word too, in single quotes. */
export function buildConfig(members: object = {}): string {
  return JSON.stringify({
    cniVersion: "1.0.0",
    name: "test",
    type: "tc-redirect-tap",
    prevResult: PREV_RESULT,
    ...members,
  });
}

/** Runs a shell script that ends at its first failure. */
export function runScript(
  script: string,
  permissions: readonly string[] = PERMISSIONS,
): Promise<Outcome> {
  const all = `set -e\n${buildFunctions(permissions)}\n${script}`;
  return inSandbox("", ["sh", "-c", all]);
}

/** Runs a script that prints one JSON value after the other. */
export async function runScriptJson(
  script: string,
  permissions: readonly string[] = PERMISSIONS,
) {
  const { code, stdout, stderr } = await runScript(
    `{\n${script}\n} >/run/out\njq -c . /run/out`,
    permissions,
  );
  assertEquals([code, stderr], [0, ""], stdout);
  return stdout.split("\n").filter((line) => line !== "").map((line) =>
    JSON.parse(line)
  );
}

/** A command that is expected to fail: prints its output and its exit code. */
export function expectFailure(command: string): string {
  return `code=0; ${command} || code=$?; echo $code`;
}
