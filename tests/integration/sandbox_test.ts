import { assertEquals } from "@std/assert";
import { run } from "../child.ts";
import { isRoot, noSandbox, sandboxed, testUnless } from "./sandbox.ts";

/**
 * A machine that shares its mounts, as systemd's do, and has a namespace. They
 * are private first, so that they are not shared with the real machine.
 */
const MACHINE = `set -e
mount --make-rshared /
mount -t tmpfs tmpfs /run
ip netns add theirs
export MACHINE=$$
"$@"
ls /run/netns`;

/** Tells which namespaces are seen in the sandbox, and which on the machine. */
const INSIDE = `set -e
seen_in() { grep -Eo '/netns/(ours|theirs[a-z-]*)' /proc/$1/mounts | sort -u; }
echo before: $(ls -A /run) $(seen_in self)
ip netns add ours
nsenter --mount=/proc/$MACHINE/ns/mnt ip netns add theirs-too
echo inside: $(ls /run/netns) $(seen_in self)
echo machine: $(seen_in $MACHINE)
nsenter --mount=/proc/$MACHINE/ns/mnt ip netns del theirs
echo inside: $(ls /run/netns) $(seen_in self)
ip netns del ours`;

testUnless(
  noSandbox ?? (isRoot ? undefined : "only root can play a machine"),
  "a sandbox and a machine that shares its mounts see nothing of each other's namespaces",
  async () => {
    const { code, stdout, stderr } = await run([
      ...["unshare", "--mount", "--propagation=private", "--net"],
      ...["sh", "-c", MACHINE, "sh"],
      ...sandboxed("", ["sh", "-c", INSIDE]),
    ]);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout.split("\n").slice(0, -1), [
      "before:",
      "inside: ours /netns/ours",
      "machine: /netns/theirs /netns/theirs-too",
      "inside: ours /netns/ours",
      "theirs-too",
    ]);
  },
);
