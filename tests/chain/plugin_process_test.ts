/** Plugins that misbehave. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  addNetworks,
  checkNetworks,
  deleteNetworks,
  VmConfError,
} from "../../src/chain/chain.ts";
import { attach } from "../../src/chain/attach.ts";
import { contextOf } from "../../src/chain/context.ts";
import { SYSTEM, type System } from "../../src/chain/system.ts";
import { testUnless } from "../integration/sandbox.ts";
import { NETNS, noRecorder, type Recorder, recorder } from "./recorder.ts";

const REQUEST = { containerID: "vm-1", netNSPath: NETNS, networks: ["mynet"] };

function place(extra: object = {}): Recorder {
  const made = recorder();
  made.network({
    cniVersion: "1.0.0",
    name: "mynet",
    plugins: [{ type: "a", ...extra }],
  });
  return made;
}

async function errorOf(act: Promise<unknown>): Promise<VmConfError> {
  const error = await act.then(() => undefined, (error) => error);
  assert(error instanceof VmConfError, `expected an error, found ${error}`);
  return error;
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

/** A process that is killed needs a moment to end. */
async function ended(pidFile: string): Promise<void> {
  for (let looks = 0; isRunning(pidFile); looks++) {
    assert(looks < 1000, "what the plugin started runs on");
    await new Promise((go) => setTimeout(go, 10));
  }
}

testUnless(
  noRecorder,
  "a plugin that takes too long is killed, and so is what it started",
  async () => {
    await using made = place();
    made.when("a", "ADD", 'sleep infinity & echo $! > "$here/pid"\nwait\n');
    const options = { ...made.options, timeoutMs: 500 };
    const { code } = await errorOf(addNetworks(REQUEST, options));
    assertEquals(code, "plugin-timeout");
    await ended(`${made.folder}/pid`);
  },
);

testUnless(
  noRecorder,
  "a plugin that is waited for by a stranger with its pipes does not hang",
  async () => {
    await using made = place();
    made.when(
      "a",
      "ADD",
      'setsid sleep 600 & echo $! > "$here/pid"\nexit 0\n',
    );
    const options = { ...made.options, timeoutMs: 500 };
    const { code } = await errorOf(addNetworks(REQUEST, options));
    assertEquals(code, "plugin-timeout");
    const pid = Number(Deno.readTextFileSync(`${made.folder}/pid`));
    Deno.kill(pid, "SIGKILL");
  },
);

testUnless(
  noRecorder,
  "a daemon that a plugin leaves does not keep the container locked",
  async () => {
    await using made = place();
    made.when(
      "a",
      "ADD",
      'setsid sleep 600 <&- >&- 2>&- & echo $! > "$here/pid"\n',
    );
    await addNetworks(REQUEST, made.options);
    await checkNetworks(REQUEST, made.options);
    await deleteNetworks(REQUEST, made.options);
    const path = `${made.folder}/pid`;
    assertEquals(isRunning(path), true);
    Deno.kill(Number(Deno.readTextFileSync(path)), "SIGKILL");
  },
);

testUnless(
  noRecorder,
  "a plugin that prints without end is killed",
  async () => {
    await using made = place();
    made.when("a", "ADD", "yes\n");
    const { code, message } = await errorOf(addNetworks(REQUEST, made.options));
    assertEquals(code, "plugin-failed");
    assertStringIncludes(message, "expected at most 1048576 bytes of output");
  },
);

testUnless(
  noRecorder,
  "a plugin that does not read its input is no error",
  async () => {
    await using made = place({ much: "x".repeat(1_000_000) });
    const quick = '#!/bin/sh\necho \'{"cniVersion":"1.0.0"}\'\n';
    Deno.writeTextFileSync(`${made.folder}/bin/a`, quick);
    const [added] = await addNetworks(REQUEST, made.options);
    assertEquals(added?.raw, { cniVersion: "1.0.0" });
  },
);

testUnless(
  noRecorder,
  "a plugin that says nothing but on standard error is quoted",
  async () => {
    await using made = place();
    made.when("a", "ADD", "echo 'no \x1b[2Jway' >&2; exit 2\n");
    const { message } = await errorOf(addNetworks(REQUEST, made.options));
    assertEquals(
      message,
      'plugin type="a" failed (add): netplugin failed: "no \\x1b[2Jway"',
    );
  },
);

testUnless(
  noRecorder,
  "a plugin that fails without a word is told with its exit code",
  async () => {
    await using made = place();
    made.when("a", "ADD", "exit 3\n");
    const { message } = await errorOf(addNetworks(REQUEST, made.options));
    assertEquals(
      message,
      'plugin type="a" failed (add): netplugin failed with no error message: exit status 3',
    );
  },
);

testUnless(
  noRecorder,
  "an operation that is stopped kills the plugin and undoes the rest",
  async () => {
    await using made = place();
    const stop = new AbortController();
    made.when("a", "ADD", 'sleep infinity & echo $! > "$here/pid"\nwait\n');
    const { signal } = stop;
    const added = addNetworks(REQUEST, { ...made.options, signal });
    while (!isRunning(`${made.folder}/pid`)) {
      await new Promise((go) => setTimeout(go, 10));
    }
    stop.abort();
    const { code, hint } = await errorOf(added);
    assertEquals([code, hint], [
      "interrupted",
      "What had been done was undone.",
    ]);
    assertEquals(made.order().at(-1), "DEL a");
    await ended(`${made.folder}/pid`);
  },
);

/** The real world, and which processes were signalled in it. */
function watched(): { readonly system: System; readonly signalled: number[] } {
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

testUnless(
  noRecorder,
  "once a plugin has ended its number is not signalled, as it may be another's",
  async () => {
    await using made = place();
    made.when(
      "a",
      "ADD",
      `setsid sleep 600 & echo $! > "$here/pid"\nexit 0\n`,
    );
    const { system, signalled } = watched();
    const context = contextOf({ ...made.options, timeoutMs: 500 }, system);
    const { code } = await errorOf(attach(context, REQUEST));
    assertEquals([code, signalled], ["plugin-timeout", []]);
    const pid = Number(Deno.readTextFileSync(`${made.folder}/pid`));
    Deno.kill(pid, "SIGKILL");
  },
);

testUnless(
  noRecorder,
  "an operation that is stopped after its plugins have ended signals nobody",
  async () => {
    await using made = place();
    const stop = new AbortController();
    const { system, signalled } = watched();
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
    await attach(contextOf({ ...options, signal: counted }, system), REQUEST);
    stop.abort();
    assertEquals([listeners, signalled], [0, []]);
  },
);
