import { assert, assertEquals } from "@std/assert";
import { denoRun } from "../child.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";

testUnless(
  noSandbox,
  "a reader notices what changes, keeps no more sockets than it may, and closes them all",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      "",
      denoRun(["-A"], "tests/linux/reader_probe.ts"),
    );
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout), [
      "invalid-netns",
      1401,
      1401,
      1402,
      "no-device",
      "invalid-netns",
      1403,
      1500,
      1501,
      1502,
      1403,
      "2 sockets",
      "0 sockets",
    ]);
  },
);

testUnless(
  noSandbox,
  "no thread is left in another namespace, whatever is started beside lookups",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      "ip netns add a\nip -n a link set lo mtu 1444",
      denoRun(["-A"], "tests/linux/threads.ts"),
    );
    assertEquals(code, 0, stderr);
    const { home, namespaces } = JSON.parse(stdout);
    assert(namespaces.length > 4, "too few threads to tell");
    assertEquals(new Set(namespaces), new Set([home]));
  },
);

testUnless(
  noSandbox,
  "whatever call of a reader fails, answers are right or typed errors, and nothing is left",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      "ip netns add a\nip -n a link set lo mtu 1444",
      denoRun(["-A"], "tests/linux/reader_faults.ts"),
    );
    assertEquals(code, 0, stderr);
    const outcomes = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(outcomes.length, 12 * 7 * 2);
    for (const { name, from, more, answers, before, after } of outcomes) {
      const call = `${name} ${from} ${more}`;
      assertEquals(after, before, call);
      for (const [index, answer] of answers.entries()) {
        assert(
          answer === (index === 2 ? "no-device" : "MTU 1444") ||
            (more > 0 || !TRIED_AGAIN.includes(name)) &&
              FAULTS.includes(answer),
          `${call}: ${answers}`,
        );
      }
    }
  },
);

/** Calls whose single failure is not believed, or made up for. */
const TRIED_AGAIN = ["statfs", "open", "setns", "socket", "statx"];

/** What a lookup may be told as while a call of it fails for good. */
const FAULTS = ["invalid-netns", "netns-denied", "system-call", "no-device"];
