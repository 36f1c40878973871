/**
 * Many lookups while namespaces come and go: `deno task soak [LOOKUPS]`.
 *
 * Every answer is checked. Half of them are asked afresh, half through a reader.
 */
import { mtuOf, mtuReader, VmConfError } from "../../mod.ts";
import { denoRun } from "../child.ts";
import { inSandbox } from "../integration/sandbox.ts";
import { openDescriptors } from "./descriptors.ts";

const NAMESPACES = 50;
/** How many lookups there are between two namespaces that are made anew. */
const CALM = 500;

/** What a soak came to. */
export interface Soaked {
  readonly lookups: number;
  readonly madeAnew: number;
  readonly wrong: readonly string[];
  readonly seconds: number;
  /** Open sockets and namespaces, and MiB in memory, after a fifth of it and at its end. */
  readonly descriptors: readonly [early: number, late: number];
  readonly memory: readonly [early: number, late: number];
}

/** Soaks in a sandbox. */
export async function soak(lookups: number): Promise<Soaked> {
  const { code, stdout, stderr } = await inSandbox(
    "",
    denoRun(["-A"], "tests/linux/soak.ts", "--sandboxed", String(lookups)),
  );
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function shell(script: string): void {
  const { success, stderr } = new Deno.Command("sh", { args: ["-ec", script] })
    .outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function pathOf(index: number): string {
  return `/run/netns/vm-${index}`;
}

function make(index: number, mtu: number): void {
  const name = `vm-${index}`;
  shell(`ip netns add ${name}
ip -n ${name} tuntap add dev tap0 mode tap
ip -n ${name} link set tap0 mtu ${mtu}`);
}

function use(): [descriptors: number, mebibytes: number] {
  return [openDescriptors(), Math.round(Deno.memoryUsage().rss / 2 ** 20)];
}

function soakHere(lookups: number): Soaked {
  const mtus = Array.from({ length: NAMESPACES }, (_, index) => 1400 + index);
  mtus.forEach((mtu, index) => make(index, mtu));
  using reader = mtuReader();
  const wrong: string[] = [];
  let early = use();
  let madeAnew = 0;
  const start = performance.now();
  for (let lookup = 0; lookup < lookups; lookup++) {
    const index = lookup * 7 % NAMESPACES;
    const ask = lookup % 2 === 0 ? mtuOf : reader.mtuOf;
    const link = { netNSPath: pathOf(index), device: "tap0" };
    if (lookup % CALM === CALM - 1) {
      shell(`ip netns del vm-${index}`);
      try {
        wrong.push(`${lookup}: deleted, yet ${ask(link)}`);
      } catch (error) {
        if (!(error instanceof VmConfError)) throw error;
      }
      make(index, mtus[index] = 1280 + lookup % 8000);
      madeAnew++;
    }
    const mtu = ask(link);
    if (mtu !== mtus[index]) {
      wrong.push(`${lookup}: ${mtu}, not ${mtus[index]}`);
    }
    if (lookup === Math.trunc(lookups / 5)) early = use();
  }
  const late = use();
  return {
    lookups,
    madeAnew,
    wrong,
    seconds: (performance.now() - start) / 1000,
    descriptors: [early[0], late[0]],
    memory: [early[1], late[1]],
  };
}

if (import.meta.main) {
  const [first, last] = Deno.args;
  if (first === "--sandboxed") {
    console.log(JSON.stringify(soakHere(Number(last))));
  } else {
    console.table([await soak(Number(first ?? 100_000))]);
  }
}
