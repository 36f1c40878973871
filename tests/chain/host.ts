/**
 * The sandbox of `place.ts` as a host that others use too: its whole state can be
 * compared, and processes can play VMMs.
 */
import { assertEquals } from "@std/assert";
import { notInstalled, type Outcome, vmconf } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import { DIRS, noPlugins, runInPlace } from "./place.ts";

/** Why such a host cannot be made here, if it cannot. */
export const noHost: string | undefined = noPlugins ??
  await notInstalled("python3");

const HELPERS = `
# What is in here is not compared.
mkdir /run/notes

# Files with their numbers, times and contents; folders, and with "times" also
# when a name was last made or removed in them; mounts, devices, addresses, rules.
everything() {
  find /run -xdev -path /run/notes -prune -o -type d -printf "%p %m %U \${1:+%T@}\\n" -o \\
    -printf '%p %y %m %U %s %D:%i %l %T@\\n' | grep -v '/locks/' | sort
  find /run -xdev -path /run/notes -prune -o -type f -size -100k -print0 | sort -z | xargs -0 cksum
  cut -d' ' -f1-10 /proc/self/mountinfo
  devices
  iptables-save | grep -v '^#' | sed 's/\\[.*\\]//'
  for netns in /run/netns/*; do
    echo "$netns"
    [ -s "$netns" ] || devices "nsenter --net=$netns" 2>/dev/null || true
  done
}
# Without what changes by itself: carriers, and addresses that the kernel gives.
devices() {
  $1 ip -o link | sed 's/<[^>]*>//; s/ state [A-Z]*//; s/ qdisc [a-z]*//'
  $1 ip -o addr | grep -v ' fe80'
  $1 ip route | sed 's/ linkdown//'
}

# same: whether everything is as it was when "before" was called.
before() { everything "$@" > /run/notes/before; }
same() { everything "$@" > /run/notes/after; diff /run/notes/before /run/notes/after && echo unchanged; }

# vmm NETNS TAP: stands for a VMM that has the tap open; $vmm is its number.
vmm() {
  rm -f /run/notes/vmm
  nsenter --net="$1" python3 -c '
import fcntl, struct, sys, time
tun = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22s", sys.argv[1].encode(), 0x1002, b""))
open("/run/notes/vmm", "w").close()
time.sleep(60)' "$2" > /dev/null 2>&1 &
  vmm=$!
  until [ -f /run/notes/vmm ]; do sleep 0.02; done
}

# edited FILE FILTER: changes a file of JSON.
edited() { jq "$2" "$1" > /run/notes/edited; cat /run/notes/edited > "$1"; }
`;

const COMMAND = vmconf(["--allow-all"]).map((word) => `'${word}'`).join(" ");

const COMMANDS = `
plain() { ${COMMAND} "$@"; }
vmconf() { command=$1; shift; plain "$command" ${DIRS.join(" ")} "$@"; }
# failing COMMAND...: prints the code of its error.
failing() { if "$@" --json > /dev/null 2> /run/notes/error; then echo succeeded; else jq -rs '[.[] | .error.code // empty] | join(" ")' /run/notes/error; fi; }
message() { jq -rs '[.[] | .error | select(.) | .message, .hint // empty] | join("\\n")' /run/notes/error; }

`;

/**
 * Runs a shell script on such a host. There `elsewhere PROPAGATION SCRIPT` runs a
 * script in a mount namespace of its own.
 */
export function runOnHost(script: string): Promise<Outcome> {
  return runInPlace(`${HELPERS}
cat > /run/notes/commands <<'END'
${COMMANDS}
END
. /run/notes/commands
elsewhere() { unshare --mount --propagation "$1" sh -c ". /run/notes/commands; $2"; }
${script}`);
}

/** Runs a script on such a host; nothing may be printed on standard error. */
export async function printOnHost(script: string): Promise<string> {
  const { stdout, stderr } = await runOnHost(script);
  assertEquals(stderr, "");
  return stdout;
}

/** Tests what a script prints on such a host. */
export function testOnHost(
  name: string,
  script: string,
  expected: string,
): void {
  testUnless(noHost, name, async () => {
    assertEquals(await printOnHost(script), expected);
  });
}
