/** Pipes, folders, links, devices and huge files where small files belong. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Outcome, run } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import {
  AB,
  ADD,
  createNetwork,
  NETNS,
  noRecorder,
  type Recorder,
} from "./recorder.ts";

/** Things that would hang a reader, or fill its memory. */
const ODD: Readonly<Record<string, (path: string) => string>> = {
  "a pipe": (path) => `mkfifo ${path}`,
  "a folder": (path) => `mkdir ${path} && touch ${path}/something`,
  "a link to a device": (path) => `ln -s /dev/zero ${path}`,
  "a link to a pipe": (path) => `mkfifo ${path}~ && ln -s ${path}~ ${path}`,
  "a device": (path) => `mknod ${path} c 1 5`,
  "a file of 10 GB": (path) => `truncate -s 10G ${path}`,
};

async function runShell(script: string): Promise<void> {
  const { code, stderr } = await run(["sh", "-ec", script]);
  if (code !== 0) throw new Error(stderr);
}

/** Runs the command, which must end in time and with little memory. */
function runLimited(place: Recorder, ...args: string[]): Promise<Outcome> {
  return run(["timeout", "--signal=KILL", "30", ...place.command(...args)]);
}

function testOdd(
  where: string,
  behaviour: string,
  test: (
    place: Recorder,
    make: (path: string) => Promise<void>,
    what: string,
  ) => Promise<void>,
): void {
  for (const [what, make] of Object.entries(ODD)) {
    testUnless(noRecorder, `${what} ${where} ${behaviour}`, async () => {
      await using place = createNetwork();
      await test(
        place,
        (path) => runShell(make(`${place.folder}/${path}`)),
        what,
      );
    });
  }
}

testOdd(
  "among the records",
  "stops neither add nor gc nor list",
  async (place, make, what) => {
    assertEquals((await runLimited(place, ...ADD)).code, 0);
    await runLimited(place, "del", "--id=vm-1");
    await make("cache/results/mynet-vm-9-eth0");
    const added = await runLimited(place, ...ADD);
    assertEquals([added.code, added.stderr], [0, ""]);
    const record = `${place.folder}/cache/results/mynet-vm-1-eth0`;
    Deno.writeTextFileSync(
      record,
      Deno.readTextFileSync(record).replace(
        '"isComplete":true',
        '"isComplete":false',
      ),
    );
    const list = await runLimited(place, "list");
    assertEquals(list.code, 1);
    assertMatch(list.stdout, /^vm-1 /m);
    assertStringIncludes(list.stderr, "mynet-vm-9-eth0");
    if (what === "a file of 10 GB") {
      assertStringIncludes(list.stderr, "it has over 4194304 bytes");
    }
    const gc = await runLimited(place, "gc");
    assertEquals([gc.code, gc.stdout], [1, "mynet vm-1 eth0\n"]);
    assertStringIncludes(gc.stderr, "mynet-vm-9-eth0");
  },
);

testOdd(
  "in place of a record",
  "is deleted by the configuration, or reported",
  async (place, make, what) => {
    await runLimited(place, ...ADD);
    Deno.removeSync(`${place.folder}/cache/results/mynet-vm-1-eth0`);
    await make("cache/results/mynet-vm-1-eth0");
    const { code, stderr } = await runLimited(
      place,
      "del",
      "--id=vm-1",
      `--netns=${NETNS}`,
    );
    assertEquals(place.order().slice(-2), ["DEL b", "DEL a"]);
    assertStringIncludes(stderr, "mynet-vm-1-eth0");
    assertEquals(code, what === "a folder" ? 1 : 0);
  },
);

testOdd(
  "in place of a lock",
  "is told, and gc goes on",
  async (place, make, what) => {
    await runLimited(place, ...ADD);
    await make("cache/vmconf/locks/vm-1");
    const { code, stderr } = await runLimited(place, "del", "--id=vm-1");
    // A plain file can be locked, whatever its size is.
    if (what === "a file of 10 GB") return assertEquals(code, 0);
    assertEquals([code, place.order()], [1, ["ADD a", "ADD b"]]);
    assertMatch(stderr, /failed to open ".*\/locks\/vm-1"/);
    const gc = await runLimited(place, "gc");
    assertEquals([gc.code, gc.stdout], [0, ""]);
  },
);

testOdd(
  "among the unfinished files",
  "stops neither add nor gc",
  async (place, make) => {
    await runLimited(place, ...ADD);
    await make("cache/vmconf/unfinished/vm-1:1");
    const { code } = await runLimited(place, "del", "--id=vm-1");
    assertEquals(code, 0);
    await runShell(`rm -rf ${place.folder}/cache/vmconf/unfinished/*`);
    await make("cache/vmconf/unfinished/vm-1:1");
    assertEquals((await runLimited(place, "gc")).code, 0);
  },
);

testOdd(
  "in place of a namespace's note",
  "stops neither add nor del",
  async (place, make) => {
    await runLimited(place, ...ADD);
    await runLimited(place, "del", "--id=vm-1");
    await make("cache/vmconf/netns/vm-1");
    assertEquals((await runLimited(place, ...ADD)).code, 0);
    await runLimited(place, "del", "--id=vm-1");
    assertEquals(place.order().slice(-2), ["DEL b", "DEL a"]);
  },
);

testOdd(
  "in place of the versions",
  "only has plugins asked again",
  async (place, make) => {
    place.network({ ...AB, cniVersions: ["0.4.0", "1.0.0"] });
    await runLimited(place, ...ADD);
    await runShell(`rm -f ${place.folder}/cache/vmconf/versions`);
    await make("cache/vmconf/versions");
    const again = await runLimited(place, ...ADD, "--replace");
    assertEquals([again.code, again.stderr], [0, ""]);
  },
);

testOdd(
  "among the configurations",
  "stops no other network",
  async (place, make) => {
    await make("net.d/0.conflist");
    await make("net.d/1.conf");
    const added = await runLimited(place, ...ADD);
    assertEquals([added.code, added.stderr], [0, ""]);
    const status = await runLimited(place, "status");
    assertMatch(status.stdout, /^mynet ready/);
    const other = await runLimited(place, "add", "other", "--id=vm-2");
    assertEquals(other.code, 1);
    assertStringIncludes(
      other.stderr,
      'no net configuration with name "other"',
    );
  },
);

testOdd("among a network's plugins", "is told", async (place, make, what) => {
  Deno.mkdirSync(`${place.folder}/net.d/mynet`);
  await make("net.d/mynet/9.conf");
  const { code, stderr } = await runLimited(place, ...ADD);
  // libcni ignores folders.
  assertEquals(code, what === "a folder" ? 0 : 1);
  if (code === 1) assertStringIncludes(stderr, "net.d/mynet/9.conf");
});

testOdd("in place of a plugin", "is no plugin", async (place, make) => {
  Deno.removeSync(`${place.folder}/bin/b`);
  await make("bin/b");
  const { code, stderr } = await runLimited(place, ...ADD);
  assertEquals([code, place.order()], [1, []]);
  assertStringIncludes(stderr, 'failed to find plugin "b"');
});

testUnless(
  noRecorder,
  "a plugin without execute permission is skipped for one in the next folder",
  async () => {
    await using place = createNetwork();
    Deno.mkdirSync(`${place.folder}/first`);
    Deno.writeTextFileSync(`${place.folder}/first/a`, "", { mode: 0o644 });
    Deno.mkdirSync(`${place.folder}/first/b`);
    const { code } = await runLimited(
      place,
      ...ADD,
      `--bin-dir=${place.folder}/first`,
    );
    assertEquals([code, place.order()], [0, ["ADD a", "ADD b"]]);
  },
);

testUnless(
  noRecorder,
  "vmconf does not wait for a configuration that is never completely written",
  async () => {
    await using place = createNetwork();
    Deno.symlinkSync("/dev/stdin", `${place.folder}/net.d/0.conflist`);
    const child = new Deno.Command("timeout", {
      args: ["20", ...place.command(...ADD)],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    assertEquals((await child.status).code, 0);
    await child.stdin.close();
  },
);

testUnless(
  noRecorder,
  "configurations are read through links, as Kubernetes makes them",
  async () => {
    await using place = createNetwork();
    await runShell(`cd ${place.folder}/net.d
mkdir ..2024 && mv mynet.conflist ..2024 && ln -s ..2024 ..data
ln -s ..data/mynet.conflist mynet.conflist
ln -s nowhere 0.conflist`);
    const { code, stderr } = await runLimited(place, ...ADD);
    assertEquals([code, stderr], [0, ""]);
  },
);

for (const [what, make] of Object.entries(ODD)) {
  testUnless(
    noRecorder,
    `${what} in place of a folder of ours is refused`,
    async () => {
      for (
        const name of ["results", "vmconf", "vmconf/locks", "vmconf/unfinished"]
      ) {
        await using place = createNetwork();
        await runLimited(place, ...ADD);
        await runLimited(place, "del", "--id=vm-1");
        await runShell(`rm -r ${place.folder}/cache/${name}`);
        await runShell(make(`${place.folder}/cache/${name}`));
        if (what === "a folder") continue;
        const before = place.order();
        const { code, stderr } = await runLimited(place, ...ADD);
        assertEquals([code, place.order()], [1, before], name);
        assertStringIncludes(stderr, `cache/${name}`);
      }
    },
  );
}
