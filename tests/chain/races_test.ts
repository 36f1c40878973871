/** What is at the namespace's path if something changes between two steps. */
import { assertEquals } from "@std/assert";
import { denoRun } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import { noHost, runOnHost } from "./host.ts";

/** By scenario of `races.ts`: how it ended, and what is left at the path. */
const RACES: Readonly<
  Record<string, readonly [sentence: string, left: string]>
> = {
  "before the name": [
    "a file that is made at the path first is neither mounted on nor removed",
    "system-call\nregular file\nmine\n0\n",
  ],
  "after the name": [
    "a file that takes the place of the mount point is neither mounted on nor removed",
    "system-call\nregular file\nmine\n0\n",
  ],
  "before the mount": [
    "a link that takes the place of the mount point is not followed",
    "system-call\nsymbolic link\nprecious\n0\n",
  ],
  "no mount": [
    "a namespace that cannot be mounted leaves no file",
    "system-call\nnothing\nnothing\n0\n",
  ],
  "after the mount": [
    "a mount that hides the new namespace is kept, and so is the note of the namespace",
    "invalid-netns\nregular file\nprecious\n2\nvm-1\n",
  ],
  "after the end": [
    "a file that replaces the mount point during its removal is kept",
    "added\nin-use\nregular file\nmine\n0\n",
  ],
  "no end": [
    "a namespace that cannot be unmounted keeps its file and its note",
    "added\nsystem-call\nregular empty file\nnothing\n1\nvm-1\n",
  ],
};

for (const [scenario, [sentence, left]] of Object.entries(RACES)) {
  testUnless(noHost, sentence, async () => {
    const probe = denoRun(["-A"], "tests/chain/races.ts", scenario)
      .map((word) => `'${word}'`).join(" ");
    const { stdout, stderr } = await runOnHost(`
mkdir -m 700 /run/place
echo precious > /run/precious
${probe}
stat -c %F /run/place/ns 2>/dev/null || echo nothing
cat /run/place/ns 2>/dev/null || echo nothing
grep -c ' /run/place/ns ' /proc/self/mountinfo || true
ls /run/cni/vmconf/netns
cat /run/precious > /run/notes/precious`);
    assertEquals(stderr, "");
    assertEquals(stdout, left);
  });
}
