/** Who waits for whom, and how long. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { addNetworks, deleteNetworks } from "../../src/chain/chain.ts";
import { vmconf } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import { DIRS, noPlugins, runInPlace, testInPlace } from "./place.ts";
import { ALL, createNetwork, noRecorder, VM } from "./recorder.ts";

const quoteCommand = (...args: string[]) =>
  vmconf(["--allow-all"], ...args, ...DIRS).map((word) => `'${word}'`)
    .join(" ");

testInPlace(
  "a lock of /run/netns, or of a file in it, does not block vmconf",
  `
ip netns add mine
exec 8< /run/netns 9< /run/netns/mine
flock 8
flock 9
vmconf add loopback --id vm-1 --format result --timeout 3 > /dev/null && echo added
vmconf add loopback --id vm-2 --netns mine --format result --timeout 3 > /dev/null && echo added
vmconf del --id vm-1 --timeout 3
vmconf gc --timeout 3 && echo done`,
  "added\nadded\ndone\n",
);

/** Locks, and a command that waits for each. */
const LOCKS: readonly [path: string, command: string[]][] = [
  ["/run/cni/vmconf", ["add", "loopback", "--id=vm-1", "--format=result"]],
  ["/run/cni/vmconf", ["gc"]],
  ["/run/cni/vmconf/locks", ["del", "--id=vm-1"]],
  ["/run/cni/vmconf/locks/vm-1", ["check", "--id=vm-1"]],
  ["/run/cni/vmconf/locks/vm-1", ["del", "--id=vm-1"]],
  ["/run/cni/vmconf/netns", [
    "add",
    "loopback",
    "--id=vm-1",
    "--format=result",
  ]],
];

for (const [path, command] of LOCKS) {
  testUnless(
    noPlugins,
    `${
      command[0]
    } waits for ${path} no longer than was said, names who has it, and hears signals`,
    async () => {
      const words = quoteCommand(...command);
      const { stdout, stderr } = await runInPlace(`
vmconf add loopback --id vm-0 --format result > /dev/null
vmconf del --id vm-0
state > /run/before
test -e ${path} || touch ${path}
( exec 9< ${path}; flock 9; exec sleep 60 ) > /dev/null 2>&1 &
holder=$!
sleep 0.3
${words} --timeout 0.5 2> /run/err || echo "exit code $?"
cat /run/err
${words} 2> /run/err &
waiting=$!
sleep 1
kill $waiting
wait $waiting || echo "exit code $?"
cat /run/err
kill $holder
rm -f /run/cni/vmconf/locks/vm-1
state | diff /run/before - && echo nothing left`);
      assertEquals(stderr, "");
      assertMatch(
        stdout,
        new RegExp(
          `^exit code 1
vmconf: error: failed to lock .* within 500 ms, .*
  hint: Processes that have ${path} open: .*\\d+ \\(sleep\\).*
exit code 143
vmconf: error: The operation was interrupted
(  hint: .*\n)?nothing left
$`,
        ),
      );
    },
  );
}

testUnless(
  noPlugins,
  "the plugin of a killed add still has the lock, and the error names it",
  async () => {
    const add = quoteCommand("add", "slow", "--id=vm-1", "--format=result");
    const { stdout, stderr } = await runInPlace(`
cat > /run/bin/slow <<'END'
#!/bin/sh
cat > /dev/null
[ "$CNI_COMMAND" = ADD ] || exit 0
echo $$ > /run/plugin
exec sleep 60
END
chmod +x /run/bin/slow
echo '{"cniVersion":"1.0.0","name":"slow","plugins":[{"type":"slow"}]}' > /run/net.d/slow.conflist
${add} > /dev/null 2>&1 &
adding=$!
until [ -s /run/plugin ]; do sleep 0.05; done
kill -9 $adding
wait $adding 2> /dev/null || echo killed
vmconf add slow --id vm-1 --format result --timeout 1 2> /run/err || echo "exit code $?"
grep -c "$(cat /run/plugin) (sleep)" /run/err
vmconf gc --timeout 1 2> /run/err || echo "exit code $?"
grep -c "$(cat /run/plugin) (sleep)" /run/err
vmconf add loopback --id vm-2 --format result --timeout 1 > /dev/null && echo another one is added
kill $(cat /run/plugin)
vmconf del --id vm-1 && echo deleted`);
    assertEquals(stderr, "");
    assertEquals(
      stdout,
      "killed\nexit code 1\n1\nexit code 1\n1\nanother one is added\ndeleted\n",
    );
  },
);

function listOpenFiles(pid: number | "self"): string[] {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].flatMap(({ name }) => {
    try {
      return [Deno.readLinkSync(`/proc/${pid}/fd/${name}`)];
    } catch {
      return [];
    }
  });
}

testUnless(
  noRecorder,
  "a plugin inherits the locks, and no other child of the process does",
  async () => {
    await using place = createNetwork();
    place.when("a", "ADD", 'ls -l /proc/self/fd > "$here/fds"\n');
    let vmm: Deno.ChildProcess | undefined;
    const isOurs = (path: string) => path.includes(`${place.folder}/cache`);
    await addNetworks({
      ...ALL,
      accept: () => {
        assert(listOpenFiles("self").some(isOurs), "no lock is held");
        vmm = new Deno.Command("sleep", { args: ["600"] }).spawn();
        assertEquals(listOpenFiles(vmm.pid).filter(isOurs), []);
      },
    }, place.options);
    const fds = Deno.readTextFileSync(`${place.folder}/fds`);
    assertMatch(fds, /cache\/vmconf$/m);
    assertMatch(fds, /cache\/vmconf\/locks\/vm-1$/m);
    assertEquals(listOpenFiles("self").filter(isOurs), []);
    await deleteNetworks(VM, { ...place.options, timeoutMs: 5_000 });
    vmm?.kill();
    await vmm?.status;
  },
);

testInPlace(
  "an operation on the longest id does not wait for itself",
  `
for length in 199 200 201 205 210; do
  id=$(printf "%\${length}s" | tr ' ' a)
  vmconf add loopback --id $id --format result --timeout 3 > /dev/null && echo added
  vmconf del --id $id --timeout 3
done`,
  "added\n".repeat(5),
);
