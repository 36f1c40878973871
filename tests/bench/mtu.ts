/**
 * An MTU lookup, by every way there is, side by side in one run: as root, or
 * with `--sandboxed` already inside a sandbox.
 *
 * Go's ways run where Debian's golang-go and
 * golang-github-containernetworking-plugins-dev are installed.
 */
import { openMtuReader, readMtu } from "../../mod.ts";
import { loadLibrary } from "../../src/linux/library.ts";
import { lookUpMtu } from "../../src/linux/mtu.ts";
import { denoRun, repositoryPath, run } from "../child.ts";
import { hideLibnl } from "../integration/libraries.ts";
import { inSandbox } from "../integration/sandbox.ts";

const LINK = { netNSPath: "/run/netns/bench", device: "tap0" };
const SETUP = `ip netns add bench
ip -n bench tuntap add dev tap0 mode tap`;
const BATCHES = 150;
const LOOKUPS = 100;
const ROUNDS = 3;
const GO_LEAST = "Go: open, setns, LinkByName";

/** Microseconds a lookup, batch by batch. */
function measure(lookUp: () => unknown): number[] {
  for (let warm = 0; warm < LOOKUPS; warm++) lookUp();
  return Array.from({ length: BATCHES }, () => {
    const start = performance.now();
    for (let lookup = 0; lookup < LOOKUPS; lookup++) lookUp();
    return (performance.now() - start) / LOOKUPS * 1000;
  });
}

function measureProcess(): number[] {
  const command = new Deno.Command("ip", {
    args: ["-n", "bench", "-j", "link", "show", "tap0"],
  });
  return Array.from({ length: BATCHES }, () => {
    const start = performance.now();
    command.outputSync();
    return (performance.now() - start) * 1000;
  });
}

/** What is measured inside a sandbox that has libnl-route, or has it not. */
function measureAll(): Record<string, number[]> {
  const { kind } = loadLibrary("test");
  using reader = openMtuReader();
  return kind === "libc"
    ? {
      "fresh, libc only": measure(() => lookUpMtu(loadLibrary("test"), LINK)),
    }
    : {
      "fresh, libnl-route": measure(() => readMtu(LINK)),
      "kept socket": measure(() => reader.readMtu(LINK)),
      "process: ip -j link show": measureProcess(),
    };
}

async function measureIn(setup: string): Promise<Record<string, number[]>> {
  const command = denoRun(["-A"], "tests/bench/mtu.ts", "--sandboxed");
  const { code, stdout, stderr } = await inSandbox(setup, command);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

async function measureGo(): Promise<Record<string, number[]>> {
  const program = await Deno.makeTempFile();
  const source = repositoryPath("tests/bench/go/mtu.go");
  try {
    const built = await run(["go", "build", "-o", program, source], {
      env: { GO111MODULE: "off", GOPATH: "/usr/share/gocode" },
    });
    if (built.code !== 0) throw new Error(built.stderr);
    const measureWay = async (way: string) => {
      const { netNSPath, device } = LINK;
      const { stdout } = await inSandbox(
        SETUP,
        [program, way, netNSPath, device, `${BATCHES}`, `${LOOKUPS}`],
      );
      return stdout.trim().split("\n").map((line) => Number(line) / 1000);
    };
    return {
      [GO_LEAST]: await measureWay("least"),
      "Go: as the Go package, by ns.Do": await measureWay("package"),
    };
  } catch (error) {
    console.log(`skipped: Go's ways: ${error}`);
    return {};
  } finally {
    await Deno.remove(program);
  }
}

function summary(times: readonly number[]): { best: number; median: number } {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    best: sorted[0] ?? NaN,
    median: sorted[sorted.length >> 1] ?? NaN,
  };
}

if (Deno.args.includes("--sandboxed")) {
  console.log(JSON.stringify(measureAll()));
} else {
  // In turn, and again, as the machine's speed changes by the second.
  const rounds: Record<string, number[]>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(
      await measureIn(SETUP),
      await measureGo(),
      await measureIn(`${SETUP}\n${hideLibnl}`),
    );
  }
  const ways = [...new Set(rounds.flatMap((round) => Object.keys(round)))];
  const go = summary(
    rounds.flatMap((round) => round[GO_LEAST] ?? []),
  );
  console.table(ways.map((way) => {
    const { best, median } = summary(rounds.flatMap((it) => it[way] ?? []));
    return {
      way,
      "best µs": best.toFixed(1),
      "median µs": median.toFixed(1),
      "of Go's best": (best / go.best).toFixed(2),
      "of Go's median": (median / go.median).toFixed(2),
    };
  }));
}
