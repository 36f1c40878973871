import { assertEquals, assertStringIncludes } from "@std/assert";
import { denoRun } from "../child.ts";
import { noLibnl } from "../integration/libraries.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";

const SETUP = "ip netns add a\nip -n a link set lo mtu 1444";

interface Outcome {
  readonly kind: "libnl-route" | "libc";
  readonly way: "fresh" | "reader";
  readonly call: string;
  /** Whether it fails again and again. */
  readonly lasts: boolean;
  readonly answers: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
}

const MTU = "MTU 1444";

/** The error of a call that fails again and again. */
const ERRORS: Readonly<Record<string, string>> = {
  "statfs 1": "invalid-netns",
  "open 1": "invalid-netns",
  "open 2": "system-call",
  "setns 1": "netns-denied",
  "setns 2": "netns-denied",
  "socket 1": "system-call",
  "nl_socket_alloc 1": "system-call",
  "nl_socket_set_fd 1": "system-call",
};

/** Calls that are made again, or for which there is another way. */
const SURVIVED = /^(?:statfs|open|setns|socket|ioctl|statx) /;

/** The answer to the first lookup, where there is only one. */
function expected({ kind, way, call, lasts }: Outcome): string | undefined {
  if (!lasts && SURVIVED.test(call)) return MTU;
  if (call.startsWith("statx")) return MTU;
  // A reader makes a fresh lookup if its kept socket does not answer.
  if (call === "ioctl 1") return kind === "libc" ? "system-call" : MTU;
  if (call === "ioctl 2") return MTU;
  if (call === "setns 3") return undefined;
  return ERRORS[call] ?? (way === "fresh" ? undefined : MTU);
}

/** How many failures each way meets. */
const CASES: Readonly<Record<string, number>> = {
  "libnl-route fresh": 158,
  "libnl-route reader": 147,
  "libc fresh": 119,
  "libc reader": 147,
};

testUnless(
  noSandbox ?? noLibnl,
  "whatever call fails, the error is typed, nothing is left open, and the thread has returned",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      SETUP,
      denoRun(["-A"], "tests/linux/faults.ts"),
    );
    assertEquals(code, 0, stderr);
    const outcomes: Outcome[] = stdout.trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    for (const outcome of outcomes) {
      const { kind, way, call, lasts, answers, before, after } = outcome;
      const name = `${kind} ${way} ${call} ${lasts}`;
      assertEquals(after, before, name);
      const [first, second] = answers;
      const only = expected(outcome);
      if (only !== undefined) assertEquals(first, only, name);
      if (!lasts) assertEquals(second, MTU, name);
      assertEquals(answers.filter((it) => it.startsWith("untyped")), [], name);
    }
    const counts = Object.fromEntries(
      Object.keys(CASES).map((name) => [
        name,
        outcomes.filter(({ kind, way }) => `${kind} ${way}` === name).length,
      ]),
    );
    assertEquals(counts, CASES);
  },
);

testUnless(
  noSandbox,
  "a process that cannot leave a namespace ends, with a message and a code of its own",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      SETUP,
      denoRun(["-A"], "tests/linux/cannot_return.ts"),
    );
    assertEquals([code, stdout], [70, ""]);
    assertStringIncludes(
      stderr,
      'vmconf: cannot leave the network namespace "/run/netns/a": the process ends',
    );
  },
);
