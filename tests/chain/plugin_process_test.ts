/** Plugins that misbehave. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  addNetworks,
  checkNetworks,
  collectGarbage,
  deleteNetworks,
} from "../../src/chain/chain.ts";
import { attach } from "../../src/chain/attach.ts";
import { type ChainEvent, createContext } from "../../src/chain/context.ts";
import { SYSTEM, type System } from "../../src/chain/system.ts";
import { loadLibc } from "../../src/linux/library.ts";
import { killChild } from "../../src/linux/processes.ts";
import { run, vmconf } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";
import { catchError } from "./catch_error.ts";
import { DIRS, noPlugins, runInPlace } from "./place.ts";
import {
  ADD,
  ALL,
  createNetwork,
  noRecorder,
  type Recorder,
} from "./recorder.ts";

/** More than a pipe holds. */
const MUCH = "x".repeat(1_000_000);

/** A place with a network of one plugin. */
function createOnePlugin(extra: object = {}): Recorder {
  return createNetwork({ plugins: [{ type: "a", ...extra }] });
}

function isRunning(pidFile: string): boolean {
  try {
    const pid = Deno.readTextFileSync(pidFile).trim();
    const [, state] = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ");
    return !state?.startsWith("Z");
  } catch {
    return false;
  }
}

/** How many pipes and sockets this process has open. */
function countPipes(): number {
  return [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
    try {
      return /^(pipe|socket):/.test(Deno.readLinkSync(`/proc/self/fd/${name}`));
    } catch {
      return false; // the folder itself, which has been read
    }
  }).length;
}

async function waitForStart(pidFile: string): Promise<void> {
  while (!isRunning(pidFile)) await new Promise((go) => setTimeout(go, 10));
}

/** A process that is killed needs a moment to end. */
async function waitForEnd(pidFile: string): Promise<void> {
  for (let looks = 0; isRunning(pidFile); looks++) {
    assert(looks < 1000, "what the plugin started runs on");
    await new Promise((go) => setTimeout(go, 10));
  }
}

/** Ends the process whose number a plugin wrote. */
function killStarted({ folder }: Recorder): void {
  Deno.kill(Number(Deno.readTextFileSync(`${folder}/pid`)), "SIGKILL");
}

/** Scripts of plugins that do not end; each writes the number of a process. */
const ENDLESS: Readonly<Record<string, string>> = {
  "takes too long is killed, and so is what it started":
    'sleep infinity & echo $! > "$here/pid"\nwait\n',
  "hears no signal is killed at the time limit":
    `trap '' TERM INT HUP QUIT; echo $$ > "$here/pid"; while :; do sleep 1; done\n`,
};

for (const [how, script] of Object.entries(ENDLESS)) {
  testUnless(noRecorder, `a plugin that ${how}`, async () => {
    await using made = createOnePlugin();
    made.when("a", "ADD", script);
    const options = { ...made.options, timeoutMs: 500 };
    const { code } = await catchError(addNetworks(ALL, options));
    assertEquals(code, "plugin-timeout");
    await waitForEnd(`${made.folder}/pid`);
  });
}

testUnless(
  noRecorder,
  "a process that keeps a plugin's pipes open does not make vmconf hang",
  async () => {
    await using made = createOnePlugin();
    made.when(
      "a",
      "ADD",
      'setsid sleep 600 & echo $! > "$here/pid"\nexit 0\n',
    );
    const options = { ...made.options, timeoutMs: 500 };
    const before = countPipes();
    const { code } = await catchError(addNetworks(ALL, options));
    assertEquals([code, countPipes()], ["plugin-timeout", before]);
    killStarted(made);
  },
);

testUnless(
  noRecorder,
  "a daemon that a plugin leaves blocks neither the container nor gc",
  async () => {
    await using made = createOnePlugin();
    made.when(
      "a",
      "ADD",
      'setsid sleep 600 <&- >&- 2>&- & echo $! > "$here/pid"\n',
    );
    await addNetworks(ALL, made.options);
    await checkNetworks(ALL, made.options);
    await collectGarbage({}, { ...made.options, timeoutMs: 2000 });
    await deleteNetworks(ALL, made.options);
    await collectGarbage({}, { ...made.options, timeoutMs: 2_000 });
    assertEquals(isRunning(`${made.folder}/pid`), true);
    killStarted(made);
  },
);

testUnless(
  noRecorder,
  "a plugin that prints without end is killed",
  async () => {
    await using made = createOnePlugin();
    made.when("a", "ADD", "yes\n");
    const { code, message } = await catchError(addNetworks(ALL, made.options));
    assertEquals(code, "plugin-failed");
    assertStringIncludes(message, "expected at most 1048576 bytes of output");
  },
);

testUnless(
  noRecorder,
  "a plugin that does not read its input is no error",
  async () => {
    await using made = createOnePlugin({ much: MUCH });
    const quick = '#!/bin/sh\necho \'{"cniVersion":"1.0.0"}\'\n';
    Deno.writeTextFileSync(`${made.folder}/bin/a`, quick);
    const [added] = await addNetworks(ALL, made.options);
    assertEquals(added?.raw, { cniVersion: "1.0.0" });
  },
);

/** What is reported of a plugin that fails, by its script. */
const FAILURES: Readonly<Record<string, [script: string, message: string]>> = {
  "that prints only on standard error is quoted": [
    "echo 'no \x1b[2Jway' >&2; exit 2\n",
    'netplugin failed: "no \\x1b[2Jway"',
  ],
  "that prints nothing is reported with its exit code": [
    "exit 3\n",
    "netplugin failed with no error message: exit status 3",
  ],
};

for (const [how, [script, reported]] of Object.entries(FAILURES)) {
  testUnless(noRecorder, `a plugin ${how}`, async () => {
    await using made = createOnePlugin();
    made.when("a", "ADD", script);
    const { message } = await catchError(addNetworks(ALL, made.options));
    assertEquals(message, `plugin type="a" failed (add): ${reported}`);
  });
}

testUnless(
  noRecorder,
  "an operation that is stopped kills the plugin and undoes the rest",
  async () => {
    await using made = createOnePlugin();
    const stop = new AbortController();
    made.when("a", "ADD", 'sleep infinity & echo $! > "$here/pid"\nwait\n');
    const { signal } = stop;
    const added = addNetworks(ALL, { ...made.options, signal });
    await waitForStart(`${made.folder}/pid`);
    stop.abort();
    const { code, hint } = await catchError(added);
    assertEquals([code, hint], [
      "interrupted",
      "vmconf undid its changes.",
    ]);
    assertEquals(made.order().at(-1), "DEL a");
    await waitForEnd(`${made.folder}/pid`);
  },
);

testUnless(
  noRecorder,
  "a signal ends add at once, and what the plugin had started",
  async () => {
    await using made = createOnePlugin();
    made.when(
      "a",
      "ADD",
      `trap '' TERM INT; echo $$ > "$here/pid"; while :; do sleep 1; done\n`,
    );
    const [program = "", ...args] = made.command(...ADD);
    const child = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await waitForStart(`${made.folder}/pid`);
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 143);
    await waitForEnd(`${made.folder}/pid`);
    assertEquals(made.order(), ["ADD a", "DEL a"]);
  },
);

testUnless(
  noRecorder,
  "a process that keeps a plugin's input open does not make vmconf hang either",
  async () => {
    await using made = createOnePlugin({ much: MUCH });
    // Nobody reads, so the pipe stays full.
    Deno.writeTextFileSync(
      `${made.folder}/bin/a`,
      `#!/bin/sh
[ "$CNI_COMMAND" = ADD ] || exit 0
here=\${0%/bin/*}
exec 3<&0
setsid sleep 600 <&3 > /dev/null 2>&1 & echo $! > "$here/pid"
echo '{"cniVersion":"1.0.0"}'
`,
    );
    const options = { ...made.options, timeoutMs: 1_000 };
    const { code } = await catchError(addNetworks(ALL, options));
    assertEquals(code, "plugin-timeout");
    killStarted(made);
  },
);

// The PID of a child that has ended may be reused.

testUnless(
  noRecorder,
  "no process is killed by the PID of a child that has ended",
  async () => {
    const script = "setsid sleep 600 > /dev/null 2>&1 & echo $!";
    const { stdout } = await run(["sh", "-c", script]);
    const stranger = Number(stdout);
    const kernel = loadLibc("kill");
    assertEquals(killChild(kernel, stranger), false);
    await new Promise((go) => setTimeout(go, 50));
    Deno.kill(stranger, "SIGKILL");
    const child = new Deno.Command("true", { detached: true }).spawn();
    await child.status;
    assertEquals(killChild(kernel, child.pid), false);
  },
);

testUnless(
  noPlugins,
  "a time limit does not kill a process with the reused PID of a plugin",
  async () => {
    const words = [
      "add",
      "leaves",
      "--id=vm-1",
      "--format=result",
      "--timeout=3",
      ...DIRS,
    ];
    const add = vmconf(["--allow-all"], ...words)
      .map((word) => `'${word}'`).join(" ");
    // All processes of a process namespace end with its first one.
    const { stdout, stderr } = await runInPlace(`
cat > /run/bin/leaves <<'END'
#!/bin/sh
cat > /dev/null
[ "$CNI_COMMAND" = ADD ] || exit 0
setsid sleep 600 &
echo '{"cniVersion":"1.0.0"}'
echo $$ > /run/number
END
chmod +x /run/bin/leaves
echo '{"cniVersion":"1.0.0","name":"leaves","plugins":[{"type":"leaves"}]}' > /run/net.d/leaves.conflist
cat > /run/main <<'END'
${add} > /run/out 2>&1 &
adding=$!
until [ -s /run/number ]; do sleep 0.05; done
number=$(cat /run/number)
while kill -0 $number 2> /dev/null; do sleep 0.05; done
until [ "$stranger" = "$number" ]; do
  test -z "$stranger" || kill -9 $stranger
  echo $((number - 1)) > /proc/sys/kernel/ns_last_pid
  setsid sleep 600 > /dev/null 2>&1 &
  stranger=$!
done
kill -0 $adding && echo in time
wait $adding || echo "exit code $?"
grep -o 'failed (add): it has ended' /run/out
kill -0 $stranger && echo alive
END
unshare --pid --fork --mount-proc sh /run/main`);
    assertEquals(stderr, "");
    assertEquals(
      stdout,
      "in time\nexit code 1\nfailed (add): it has ended\nalive\n",
    );
  },
);

testUnless(
  noRecorder,
  "vmconf does not wait for a plugin that does not end when it is killed",
  async () => {
    await using made = createOnePlugin();
    // As in an uninterruptible wait of the kernel. No process has this PID.
    const stuck = {
      pid: 2 ** 23,
      stdin: new WritableStream(),
      stdout: new ReadableStream(),
      stderr: new ReadableStream(),
      status: new Promise(() => {}),
      kill: () => {},
      unref: () => {},
    } as unknown as Deno.ChildProcess;
    const system: System = {
      ...SYSTEM,
      spawn: (path, options) =>
        options.env?.CNI_COMMAND === "ADD"
          ? stuck
          : SYSTEM.spawn(path, options),
    };
    const options = { ...made.options, timeoutMs: 200 };
    const start = performance.now();
    const { code, message } = await catchError(
      attach(createContext(options, system), ALL),
    );
    assertEquals(code, "plugin-timeout");
    assertStringIncludes(message, "was killed and does not end");
    assert(performance.now() - start < 10_000);
    assertEquals(made.order(), ["DEL a"]);
  },
);

testUnless(
  noRecorder,
  "a time limit may be longer than a timer can be, or infinite",
  async () => {
    for (const timeoutMs of [2_147_484_000, 2 ** 31, 1e15, Infinity]) {
      await using made = createOnePlugin();
      made.when("a", "ADD", "sleep 0.1\n");
      await addNetworks(ALL, { ...made.options, timeoutMs });
      assertEquals(made.order(), ["ADD a"]);
    }
  },
);

testUnless(
  noRecorder,
  "a time limit that is not a positive number is refused",
  async () => {
    for (const timeoutMs of [NaN, 0, -0, -1, -Infinity]) {
      await using made = createOnePlugin();
      const options = { ...made.options, timeoutMs };
      const { code, path } = await catchError(addNetworks(ALL, options));
      assertEquals([code, path], ["invalid-option", "timeoutMs"]);
      assertEquals(made.order(), []);
    }
  },
);

testUnless(noRecorder, "--timeout takes a positive number", async () => {
  await using made = createOnePlugin();
  made.when("a", "ADD", "sleep 0.1\n");
  const add = (seconds: string) =>
    run(made.command(...ADD, `--timeout=${seconds}`));
  for (const seconds of ["0", "-1", "NaN", "Infinity", "1e3", "", "0x1", "."]) {
    assertEquals((await add(seconds)).code, 2, seconds);
  }
  assertEquals(made.order(), []);
  assertEquals((await add("2147484")).code, 0);
});

/** The real system, and the processes that were signalled. */
function watchSignals(): {
  readonly system: System;
  readonly signalled: number[];
} {
  const signalled: number[] = [];
  const kernel = (task: string) => {
    const real = SYSTEM.kernel(task);
    const kill = (pid: number, signal: number) => {
      signalled.push(pid);
      return real.kill(pid, signal);
    };
    return { ...real, kill } as typeof real;
  };
  return { system: { ...SYSTEM, kernel }, signalled };
}

/** Scripts of a plugin; after each, no timer, pipe or process may be left. */
const ENDS: Readonly<Record<string, string>> = {
  "succeeds": "",
  "fails": "exit 1\n",
  "takes too long": "sleep infinity\n",
  "takes too long with a stranger on its pipes":
    'setsid sleep 3 & echo $! > "$here/pid"\nexit 0\n',
  "prints without end": "yes\n",
};

for (const [how, script] of Object.entries(ENDS)) {
  Deno.test({
    name: `a plugin that ${how} leaves nothing open`,
    ignore: noRecorder !== undefined,
    sanitizeOps: true,
    sanitizeResources: true,
    fn: async () => {
      await using made = createOnePlugin();
      made.when("a", "ADD", script);
      const options = { ...made.options, timeoutMs: 500 };
      const before = countPipes();
      await addNetworks(ALL, options).catch(() => {});
      assertEquals(countPipes(), before);
      const [pid] = Deno.readDirSync(made.folder)
        .filter(({ name }) => name === "pid")
        .map(({ name }) => Deno.readTextFileSync(`${made.folder}/${name}`));
      if (pid !== undefined) Deno.kill(Number(pid), "SIGKILL");
    },
  });
}

testUnless(
  noRecorder,
  "the PID of a plugin that has ended is not signalled: it may be reused",
  async () => {
    await using made = createOnePlugin();
    made.when(
      "a",
      "ADD",
      `setsid sleep 600 & echo $! > "$here/pid"\nexit 0\n`,
    );
    const { system, signalled } = watchSignals();
    const context = createContext({ ...made.options, timeoutMs: 500 }, system);
    const { code } = await catchError(attach(context, ALL));
    assertEquals([code, signalled], ["plugin-timeout", []]);
    killStarted(made);
  },
);

testUnless(
  noRecorder,
  "an operation that is stopped after its plugins have ended signals no process",
  async () => {
    await using made = createOnePlugin();
    const stop = new AbortController();
    const { system, signalled } = watchSignals();
    const options = { ...made.options, signal: stop.signal };
    let listeners = 0;
    const counted = new Proxy(stop.signal, {
      get: (signal, name) => {
        if (name === "addEventListener") listeners++;
        if (name === "removeEventListener") listeners--;
        const value = Reflect.get(signal, name, signal);
        return typeof value === "function" ? value.bind(signal) : value;
      },
    });
    await attach(
      createContext({ ...options, signal: counted }, system),
      ALL,
    );
    stop.abort();
    assertEquals([listeners, signalled], [0, []]);
  },
);

testUnless(
  noRecorder,
  "nothing is deleted before a plugin that was killed has ended",
  async () => {
    await using made = createOnePlugin();
    made.when("a", "ADD", "sleep infinity\n");
    const seen: string[] = [];
    const spawn: System["spawn"] = (path, options) => {
      const child = SYSTEM.spawn(path, options);
      const status = child.status.then(async (status) => {
        await SYSTEM.pause(200);
        seen.push("ended");
        return status;
      });
      return new Proxy(child, {
        get: (child, name) => {
          if (name === "status") return status;
          const value = Reflect.get(child, name, child);
          return typeof value === "function" ? value.bind(child) : value;
        },
      });
    };
    const onEvent = (event: ChainEvent) => {
      if (event.kind === "start") seen.push(event.command);
    };
    const options = { ...made.options, timeoutMs: 500, onEvent };
    const context = createContext(options, { ...SYSTEM, spawn });
    await catchError(attach(context, ALL));
    assertEquals(seen, ["ADD", "ended", "DEL", "ended"]);
  },
);
