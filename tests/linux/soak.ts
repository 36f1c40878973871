/**
 * Many lookups while namespaces come and go: `deno task soak [LOOKUPS]`.
 *
 * Every answer is checked. Half of them are asked afresh, half through a reader.
 */
import { openMtuReader, readMtu, VmConfError } from "../../mod.ts";
import { denoRun } from "../child.ts";
import { inSandbox } from "../integration/sandbox.ts";
import { countDescriptors } from "./descriptors.ts";
import { makeNetns, removeNetns } from "./namespaces.ts";

const NAMESPACES = 50;
/** How many lookups there are between two namespaces that are made anew: each in turn. */
const CALM = 499;

/** What a soak came to. */
export interface SoakReport {
  readonly lookups: number;
  readonly madeAnew: number;
  readonly wrong: readonly string[];
  readonly seconds: number;
  /** Open sockets and namespaces, and MiB in memory, after a fifth of it and at its end. */
  readonly descriptors: readonly [early: number, late: number];
  readonly memory: readonly [early: number, late: number];
}

/** Soaks in a sandbox. */
export async function soak(lookups: number): Promise<SoakReport> {
  const { code, stdout, stderr } = await inSandbox(
    "",
    denoRun(["-A"], "tests/linux/soak.ts", "--sandboxed", String(lookups)),
  );
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function nameOf(index: number): string {
  return `vm-${index}`;
}

function use(): [descriptors: number, mebibytes: number] {
  return [countDescriptors(), Math.round(Deno.memoryUsage().rss / 2 ** 20)];
}

function soakHere(lookups: number): SoakReport {
  const mtus = Array.from({ length: NAMESPACES }, (_, index) => 1400 + index);
  mtus.forEach((mtu, index) => makeNetns(nameOf(index), mtu));
  using reader = openMtuReader();
  const wrong: string[] = [];
  let early = use();
  let madeAnew = 0;
  const start = performance.now();
  for (let lookup = 0; lookup < lookups; lookup++) {
    const index = lookup * 7 % NAMESPACES;
    const ask = Math.trunc(lookup / NAMESPACES) % 2 === 0
      ? readMtu
      : reader.readMtu;
    const name = nameOf(index);
    const link = { netNSPath: `/run/netns/${name}`, device: "tap0" };
    if (lookup % CALM === CALM - 1) {
      removeNetns(name);
      // Every second one is absent unseen: only its identity tells.
      if (madeAnew % 2 === 0) {
        try {
          wrong.push(`${lookup}: deleted, yet ${ask(link)}`);
        } catch (error) {
          if (!(error instanceof VmConfError)) throw error;
        }
      }
      makeNetns(name, mtus[index] = 1280 + lookup % 8000);
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
