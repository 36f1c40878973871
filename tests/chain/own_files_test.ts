/** How the files of the cache are written, and what happens if that fails. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { attach } from "../../src/chain/attach.ts";
import { addNetworks } from "../../src/chain/chain.ts";
import { createContext } from "../../src/chain/context.ts";
import { SYSTEM, type System } from "../../src/chain/system.ts";
import { testUnless } from "../integration/sandbox.ts";
import { catchError } from "./catch_error.ts";
import { noPlugins, runInPlace, testInPlace } from "./place.ts";
import { ALL, createNetwork, noRecorder } from "./recorder.ts";
import { createSystemError } from "./systems.ts";

// B4

/** What others may have done to the cache folder. */
const UNTRUSTED: Readonly<Record<string, (cache: string) => void>> = {
  "another user owns": (cache) => Deno.chownSync(cache, 65534, 65534),
  "everybody may write": (cache) => Deno.chmodSync(cache, 0o777),
  "a group may write": (cache) => Deno.chmodSync(cache, 0o770),
  "everybody may write, if sticky": (cache) => Deno.chmodSync(cache, 0o1777),
};

const FOLDERS = [
  "",
  "/results",
  "/vmconf",
  "/vmconf/locks",
  "/vmconf/netns",
  "/vmconf/unfinished",
];

for (const [who, spoil] of Object.entries(UNTRUSTED)) {
  testUnless(
    noRecorder,
    `a cache folder that ${who} is refused, and no plugin is run`,
    async () => {
      for (const folder of FOLDERS) {
        await using made = createNetwork();
        const cache = `${made.folder}/cache`;
        Deno.mkdirSync(`${cache}${folder}`, { recursive: true });
        spoil(`${cache}${folder}`);
        const { code, message } = await catchError(
          addNetworks(ALL, made.options),
        );
        assertEquals([code, made.order()], ["cache-failed", []], folder);
        assertStringIncludes(message, `${cache}${folder}`);
      }
    },
  );
}

testUnless(
  noRecorder,
  "a folder of ours that is a link to another one is refused",
  async () => {
    for (const folder of FOLDERS.slice(1)) {
      await using made = createNetwork();
      await addNetworks(ALL, made.options);
      const path = `${made.folder}/cache${folder}`;
      Deno.renameSync(path, `${made.folder}/elsewhere`);
      Deno.symlinkSync(`${made.folder}/elsewhere`, path);
      const { code, message } = await catchError(
        addNetworks({ ...ALL, replace: true }, made.options),
      );
      assertEquals(code, "cache-failed", folder);
      assertStringIncludes(message, "found a link");
    }
  },
);

/** The operations on files, in order, with paths inside the cache folder. */
function watchCalls(): { system: System; log: string[] } {
  const log: string[] = [];
  const paths = new WeakMap<Deno.FsFile, string>();
  const short = (path: string) =>
    path.replace(/^.*\/cache\//, "").replace(/:[-0-9a-f]{36}$/, ":random");
  const system: System = {
    ...SYSTEM,
    open: (path, options) => {
      const file = SYSTEM.open(path, options);
      paths.set(file, short(path));
      if (options.write) {
        const { createNew, mode } = options;
        log.push(`open ${short(path)} ${createNew} ${mode?.toString(8)}`);
      }
      return file;
    },
    write: (file, bytes) => {
      log.push(`write ${paths.get(file)}`);
      return SYSTEM.write(file, bytes);
    },
    sync: (file) => {
      log.push(`sync ${paths.get(file)}`);
      SYSTEM.sync(file);
    },
    link: (from, to) => {
      log.push(`link ${short(to)}`);
      SYSTEM.link(from, to);
    },
    rename: (from, to) => {
      log.push(`rename ${short(to)}`);
      SYSTEM.rename(from, to);
    },
    spawn: (path, options) => {
      log.push(`run ${path.replace(/^.*\//, "")}`);
      return SYSTEM.spawn(path, options);
    },
  };
  return { system, log };
}

testUnless(
  noRecorder,
  "before the next plugin runs, a record is written under a random name, synced, renamed, and its folder synced",
  async () => {
    await using made = createNetwork();
    const { system, log } = watchCalls();
    await attach(createContext(made.options, system), ALL);
    const record = "results/mynet-vm-1-eth0";
    const written = (how: string) => [
      "open vmconf/unfinished/vm-1:random true 600",
      "write vmconf/unfinished/vm-1:random",
      "sync vmconf/unfinished/vm-1:random",
      `${how} ${record}`,
      "sync results",
    ];
    assertEquals(log, [
      ...written("link"),
      "run a",
      ...written("rename"),
      "run b",
      ...written("rename"),
    ]);
  },
);

// B6

for (const name of ["open", "write", "sync", "rename"] as const) {
  testUnless(
    noRecorder,
    `if a record cannot be written after ADD, DEL is still given the result: ${name} fails`,
    async () => {
      await using made = createNetwork();
      let hasRun = false;
      const real: (...args: never[]) => unknown = SYSTEM[name];
      const system: System = {
        ...SYSTEM,
        spawn: (path, options) => {
          hasRun = true;
          return SYSTEM.spawn(path, options);
        },
        [name]: (...args: never[]) => {
          const [first]: unknown[] = args;
          const isMeant = name !== "open" ||
            String(first).includes("/unfinished/");
          if (hasRun && isMeant) throw createSystemError("ENOSPC");
          return real(...args);
        },
      };
      const { code, hint } = await catchError(
        attach(createContext(made.options, system), ALL),
      );
      assertEquals(code, "cache-failed");
      assertStringIncludes(hint ?? "", "vmconf undid its changes.");
      assertEquals(made.order(), ["ADD a", "DEL a"]);
      assertEquals(made.calls().at(-1)?.stdin.prevResult, {
        cniVersion: "1.0.0",
        interfaces: [{ name: "by-a" }],
        ips: [],
      });
      const left = [
        ...Deno.readDirSync(`${made.folder}/cache/results`),
        ...Deno.readDirSync(`${made.folder}/cache/vmconf/unfinished`),
      ];
      assertEquals(left, []);
    },
  );
}

// A full disk, and a read-only one

/** Adds, and reports what add did and left: "added" must be the last. */
const TRY_ADD = `
try_add() {
  state > /run/before
  if vmconf add plain --id vm-1 --format result > /run/out 2> /run/err; then
    echo added
    vmconf del --id vm-1
  else
    echo "exit code $?"
    test -s /run/out && echo printed
    grep -c -i 'no space left on device' /run/err > /dev/null || cat /run/err
  fi
  state | diff /run/before - || echo "left with $1"
}
`;

const FILL = `
mkdir /run/cni
mount -t tmpfs -o size=64k,nr_inodes=64,mode=700 tmpfs /run/cni
fill() { head -c $((4096 * (16 - $1))) /dev/zero > /run/cni/filler; }
`;

/** Scripts that add with more and more free space. */
const FULL_DISKS: Readonly<Record<string, string>> = {
  "on a full disk add leaves nothing, at whichever write": `${FILL}
vmconf add plain --id vm-0 --format result > /dev/null
vmconf del --id vm-0
for pages in 0 1 2 3 4 5 6; do
  fill $pages
  try_add "$pages pages"
done`,
  "on a disk without inodes add leaves nothing, at whichever file": `
mkdir /run/cni
for inodes in 2 3 4 5 6 7 8 9 10 11 12 13; do
  mount -t tmpfs -o nr_inodes=$inodes,mode=700 tmpfs /run/cni
  try_add "$inodes inodes"
  umount /run/cni
done`,
};

for (const [name, script] of Object.entries(FULL_DISKS)) {
  testUnless(noPlugins, name, async () => {
    const { stdout, stderr } = await runInPlace(`${TRY_ADD}${script} | uniq`);
    assertEquals(stderr, "");
    assertEquals(stdout, "exit code 1\nadded\n");
  });
}

testInPlace(
  "in a read-only cache nothing is added, and list still works",
  `${FILL}
vmconf add plain --id vm-1 --format result > /dev/null
mount -o remount,ro /run/cni
state > /run/before
vmconf add plain --id vm-2 --format result 2> /run/err || echo "exit code $?"
grep -c -i 'read-only file system' /run/err
vmconf del --id vm-1 2> /run/err || echo "exit code $?"
grep -c -i 'read-only file system' /run/err
state | diff /run/before - && echo nothing changed
plain list --cache-dir /run/cni | grep -c ^vm-1`,
  "exit code 1\n1\nexit code 1\n1\nnothing changed\n1\n",
);

// C8

testUnless(
  noPlugins,
  "if nobody reads the output of add, the network is deleted, and the error says so",
  async () => {
    const { stdout, stderr } = await runInPlace(`
state > /run/before
for format in result netplan; do
  { vmconf add vm --id vm-1 --format $format 2> /run/err || echo "exit code $?" > /run/code; } | (exec <&-; sleep 2)
  cat /run/code /run/err
  vmconf add vm --id vm-1 --format $format 2> /run/err > /dev/full || echo "exit code $?"
  cat /run/err
done
state | diff /run/before - && echo nothing left`);
    assertEquals(stderr, "");
    const once = (why: string) => [
      "exit code 1",
      `vmconf: error: Cannot write to standard output: ${why}`,
      "  hint: The network was deleted again.",
    ];
    const both = [
      ...once("its reader closed it"),
      ...once("No space left on device (os error 28)"),
    ];
    assertEquals(
      stdout,
      [...both, ...both, "nothing left", ""].join("\n"),
    );
  },
);
