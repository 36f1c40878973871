/**
 * Makes each examining call fail in turn while a VM runs, and prints which
 * failure harmed it: `blind.ts OPERATION`, on a host where vm-1 is in network
 * "vm", and other-1 was.
 */
import { attach } from "../../src/chain/attach.ts";
import { type Context, createContext } from "../../src/chain/context.ts";
import { detach } from "../../src/chain/detach.ts";
import { collect } from "../../src/chain/gc.ts";
import { SYSTEM, type System } from "../../src/chain/system.ts";
import { VmConfError } from "../../src/errors.ts";
import { makeFaulty } from "../linux/faulty_library.ts";

/** What was seen. */
export interface Blind {
  /** How many times a call failed. */
  readonly failures: number;
  /** Which failures harmed the VM, or ended in an error that is not ours. */
  readonly harmful: readonly string[];
}

/** Errors that do not mean that something is missing. */
const ERRNOS = { EIO: 5, ENOMEM: 12, EACCES: 13, ENFILE: 23, EMFILE: 24 };

const FILES = ["lstat", "stat", "readDir", "open", "fstat", "read"] as const;

/** How many calls fail in a row, as when a resource is short. */
const ONCE = 0;
const FOR_GOOD = 10_000;

const OPERATIONS: Readonly<
  Record<string, (context: Context) => Promise<unknown>>
> = {
  gc: (context) => collect(context, {}),
  add: (context) => attach(context, { containerID: "vm-1", networks: ["vm"] }),
  replace: (context) =>
    attach(context, { containerID: "vm-1", networks: ["vm"], replace: true }),
  del: (context) => detach(context, { containerID: "other-1" }),
};

interface Fault {
  readonly name: string;
  readonly errno: keyof typeof ERRNOS;
  readonly from: number;
  readonly more: number;
}

interface FaultySystem {
  readonly system: System;
  readonly failed: () => boolean;
}

function breakFiles({ name, errno, from, more }: Fault): FaultySystem {
  let count = 0;
  let hasFailed = false;
  const real = SYSTEM[name as "lstat"] as (...args: unknown[]) => unknown;
  const fake = (...args: unknown[]) => {
    count++;
    if (count < from || count > from + more) return real(...args);
    hasFailed = true;
    throw Object.assign(new Error(`${errno} was made up`), { code: errno });
  };
  return { system: { ...SYSTEM, [name]: fake }, failed: () => hasFailed };
}

function breakKernel({ name, errno, from, more }: Fault): FaultySystem {
  // A failed call is repeated, to learn why.
  const failure = { name, from, more: more + 1, result: -1 };
  const { functions, failed } = makeFaulty(SYSTEM.kernel("test"), {
    ...failure,
    errno: ERRNOS[errno],
  });
  return { system: { ...SYSTEM, kernel: () => functions }, failed };
}

/** What the VM has: its namespace, record, lease and note. */
function readState(): string {
  const { ino } = Deno.statSync("/run/netns/vmconf-vm-1");
  const record = Deno.readTextFileSync("/run/cni/results/vm-vm-1-eth0");
  const note = Deno.readTextFileSync("/run/cni/vmconf/netns/vm-1");
  const leases = [...Deno.readDirSync("/run/ipam/vm")]
    .map(({ name }) => name).filter((name) => name.startsWith("10."));
  return JSON.stringify([ino, record, note, leases]);
}

function readStateOr(text: string): string {
  try {
    return readState();
  } catch {
    return text;
  }
}

async function runWith(
  operation: string,
  fault: Fault,
  make: (fault: Fault) => FaultySystem,
): Promise<{ failed: boolean; end: string }> {
  const { system, failed } = make(fault);
  const options = {
    confDirs: ["/run/net.d"],
    binDirs: ["/run/bin"],
    cacheDir: "/run/cni",
    timeoutMs: 50,
  };
  try {
    await OPERATIONS[operation]?.(createContext(options, system));
    return { failed: failed(), end: "success" };
  } catch (error) {
    const end = error instanceof VmConfError ? error.code : `untyped: ${error}`;
    return { failed: failed(), end };
  }
}

async function runBlind(operation: string): Promise<Blind> {
  const before = readState();
  const kernelNames = Object.keys(SYSTEM.kernel("test")).filter((name) =>
    !["memcpy", "strlen", "__errno_location", "close", "_exit", "setns"]
      .includes(name) && !name.startsWith("gnu_")
  );
  const all = [
    ...FILES.map((name) => ({ name, make: breakFiles })),
    ...kernelNames.map((name) => ({ name, make: breakKernel })),
  ];
  const harmful: string[] = [];
  let failures = 0;
  for (const { name, make } of all) {
    for (const errno of Object.keys(ERRNOS) as (keyof typeof ERRNOS)[]) {
      for (const more of [ONCE, FOR_GOOD]) {
        for (let from = 1;; from++) {
          const fault = { name, errno, from, more };
          const { failed, end } = await runWith(operation, fault, make);
          if (!failed) break;
          failures++;
          const isHarmed = readStateOr("gone") !== before;
          if (isHarmed || end.startsWith("untyped")) {
            harmful.push(`${JSON.stringify(fault)}: ${end}`);
          }
          if (isHarmed) return { failures, harmful };
        }
      }
    }
  }
  return { failures, harmful };
}

if (import.meta.main) {
  const [operation = ""] = Deno.args;
  console.log(JSON.stringify(await runBlind(operation)));
}
