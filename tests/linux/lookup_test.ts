import { assertEquals, assertStringIncludes } from "@std/assert";
import { denoRun } from "../child.ts";
import { noLibnl } from "../integration/libraries.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";

const SETUP = "ip netns add a\nip -n a link set lo mtu 1444";

/** What a failure of a call is told as, if it fails again and again. */
const EXPECTED: Readonly<Record<string, string>> = {
  "statfs 1": "invalid-netns",
  "open 1": "invalid-netns",
  "open 2": "system-call",
  "setns 1": "netns-denied",
  "setns 2": "netns-denied",
  "socket 1": "system-call",
  "nl_socket_alloc 1": "system-call",
  "nl_socket_set_fd 1": "system-call",
};

/** Calls whose single failure is not believed. */
const TRIED_AGAIN = ["statfs", "open", "setns", "socket"];

testUnless(
  noSandbox ?? noLibnl,
  "whatever call fails, the error is typed, nothing is left open, and the thread is at home",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      SETUP,
      denoRun(["-A"], "tests/linux/faults.ts"),
    );
    assertEquals(code, 0, stderr);
    const outcomes = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(outcomes.length, 7 * 7 * 2 + 1 + 2 * 33);
    for (const { name, from, more, answer, before, after } of outcomes) {
      const call = `${name} ${from}`;
      assertEquals(after, before, call);
      const overcome = more === 0 && TRIED_AGAIN.includes(name);
      const expected = overcome ? "MTU 1444" : EXPECTED[call];
      if (expected !== undefined) assertEquals(answer, expected, call);
    }
    const answers = outcomes
      .filter(({ name }) => name === "rtnl_link_get_kernel")
      .map(({ answer }) => answer);
    assertEquals(new Set(answers), new Set(["system-call", "no-device"]));
  },
);

testUnless(
  noSandbox,
  "a process that cannot leave a namespace ends, with a message and a code of its own",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      SETUP,
      denoRun(["-A"], "tests/linux/stray.ts"),
    );
    assertEquals([code, stdout], [70, ""]);
    assertStringIncludes(
      stderr,
      'vmconf: cannot leave the network namespace "/run/netns/a": ending the process',
    );
  },
);
