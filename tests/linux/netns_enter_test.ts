/** What is called while the thread is in another namespace. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import {
  enterNetns,
  openNewNetns,
  openSocketInNetns,
} from "../../src/linux/netns_enter.ts";
import { CALLED_INSIDE, type Libc } from "../../src/linux/symbols/libc.ts";
import { openTun } from "../../src/linux/tap.ts";

const ENOMEM = 12;
const NETNS = { fd: 3, path: "/run/netns/a", task: "test" };

/** A libc that notes its calls, and in which all work but those named. */
function fakeLibc(isFailing: (name: string, calls: string[]) => boolean) {
  const calls: string[] = [];
  const libc = new Proxy({}, {
    get: (_, name: string) => (...args: unknown[]) => {
      const fails = isFailing(name, calls);
      calls.push(name);
      const [target] = args;
      if (name === "memcpy" && target instanceof Int32Array) target[0] = ENOMEM;
      return fails ? -1 : 5;
    },
  }) as Libc;
  return { libc, calls };
}

/** Which calls were made between entering and returning. */
function callsInside(calls: readonly string[]): string[] {
  const entered = calls.includes("unshare")
    ? calls.indexOf("unshare")
    : calls.indexOf("setns", calls.indexOf("setns") + 1);
  return calls.slice(entered + 1, calls.lastIndexOf("setns"));
}

const OPENINGS: Readonly<Record<string, (libc: Libc) => number>> = {
  socket: (libc) => openSocketInNetns(libc, NETNS, [2, 2, 0]),
  tap: (libc) => openTun(libc, NETNS),
  "new namespace": (libc) => openNewNetns(libc, "/run/netns/a", "test"),
};

for (const [name, open] of Object.entries(OPENINGS)) {
  Deno.test(`one call is made inside, and nothing is loaded for it: ${name}`, () => {
    const { libc, calls } = fakeLibc(() => false);
    open(libc);
    const inside = callsInside(calls);
    assertEquals(inside.length, 1);
    assert(CALLED_INSIDE.includes(inside[0] as keyof Libc));
  });

  Deno.test(`the thread returns from a call that fails, and nothing is loaded for it: ${name}`, () => {
    const { libc, calls } = fakeLibc((name, calls) =>
      name === "socket" || name === "open" && calls.length > 2
    );
    const error = assertThrows(
      () => open(libc),
      VmConfError,
      "cannot allocate memory",
    );
    assertEquals(error.code, "system-call");
    const inside = callsInside(calls);
    assert(inside.length > 1);
    for (const call of [...inside, "setns", "_exit"]) {
      assert(CALLED_INSIDE.includes(call as keyof Libc), call);
    }
    assertEquals(calls.slice(-2), ["setns", "close"]);
  });
}

Deno.test("the thread returns even if the call inside throws", () => {
  const { libc, calls } = fakeLibc(() => false);
  const enter = () => {
    enterNetns(libc, {
      ...NETNS,
      enter: () => libc.setns(3, 0),
      refuse: () => new VmConfError("netns-denied", "refused"),
      open: () => {
        throw new Error("thrown inside");
      },
      what: "throw",
    });
  };
  assertThrows(enter, Error, "thrown inside");
  assertEquals(calls, ["open", "setns", "setns", "setns", "close"]);
});

Deno.test("a namespace that the thread could not return from is not entered", () => {
  const { libc, calls } = fakeLibc((name) => name === "setns");
  assertThrows(() => openNewNetns(libc, "/run/netns/a", "test"), VmConfError);
  assertEquals(calls.includes("unshare"), false);
  assertEquals(calls.at(-1), "close");
});

Deno.test("nothing is opened if entering is refused", () => {
  const { libc, calls } = fakeLibc((name, calls) =>
    name === "setns" && calls.includes("setns")
  );
  assertThrows(() => OPENINGS.socket?.(libc), VmConfError);
  assertEquals(calls.includes("socket"), false);
  assertEquals(calls.at(-1), "close");
});
