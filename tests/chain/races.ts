/**
 * Changes something between two steps of `add`: `races.ts SCENARIO`, on a host where
 * nothing is at /run/place/ns. Prints how `add` ended.
 */
import { attach } from "../../src/chain/attach.ts";
import { createContext } from "../../src/chain/context.ts";
import { detach } from "../../src/chain/detach.ts";
import { SYSTEM, type System } from "../../src/chain/system.ts";
import { VmConfError } from "../../src/errors.ts";
import type { Libc } from "../../src/linux/symbols/libc.ts";

const PATH = "/run/place/ns";
const VM = { containerID: "vm-1", netNSPath: PATH };

type Call = (...args: unknown[]) => number;

/** The real system, with an action before or after one of its calls. */
function changeSystem(
  name: keyof Libc,
  around: (real: Call, args: unknown[]) => number,
): System {
  const kernel = (task: string) => {
    const real = SYSTEM.kernel(task);
    const call = (...args: unknown[]) =>
      around(real[name] as unknown as Call, args);
    return { ...real, [name]: call } as Libc;
  };
  return { ...SYSTEM, kernel };
}

function runOnce(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}

const runShell = (script: string) => {
  const { success } = new Deno.Command("sh", { args: ["-ec", script] })
    .outputSync();
  if (!success) throw new Error(script);
};

const writeOther = () => Deno.writeTextFileSync(PATH, "mine\n");
const isAt = (path: unknown) =>
  path instanceof Uint8Array &&
  new TextDecoder().decode(path).startsWith("/proc/self/fd/");

const SCENARIOS: Readonly<Record<string, () => System>> = {
  /** Another file is made at the path first. */
  "before the name": () => {
    const act = runOnce(writeOther);
    return changeSystem("linkat", (real, args) => {
      act();
      return real(...args);
    });
  },
  /** The file is replaced after it was named. */
  "after the name": () => {
    const act = runOnce(() => {
      Deno.removeSync(PATH);
      writeOther();
    });
    return changeSystem("linkat", (real, args) => {
      const status = real(...args);
      if (status === 0) act();
      return status;
    });
  },
  /** The file is replaced after it was examined, just before the mount. */
  "before the mount": () => {
    const act = runOnce(() => {
      Deno.removeSync(PATH);
      Deno.symlinkSync("/run/precious", PATH);
    });
    return changeSystem("mount", (real, args) => {
      if (isAt(args[1])) act();
      return real(...args);
    });
  },
  "no mount": () =>
    changeSystem("mount", (real, args) => isAt(args[1]) ? -1 : real(...args)),
  /** Another mount hides the namespace. */
  "after the mount": () => {
    const act = runOnce(() => runShell(`mount --bind /run/precious ${PATH}`));
    return changeSystem("mount", (real, args) => {
      const status = real(...args);
      if (isAt(args[1]) && status === 0) act();
      return status;
    });
  },
  /** The mount point is replaced before it is removed. */
  "after the end": () => {
    const act = runOnce(() => {
      Deno.removeSync(PATH);
      writeOther();
    });
    return changeSystem("umount2", (real, args) => {
      const status = real(...args);
      if (status === 0) act();
      return status;
    });
  },
  "no end": () => changeSystem("umount2", () => -1),
};

if (import.meta.main) {
  const [scenario = ""] = Deno.args;
  const system = SCENARIOS[scenario]?.() ?? SYSTEM;
  const options = {
    confDirs: ["/run/net.d"],
    binDirs: ["/run/bin"],
    cacheDir: "/run/cni",
  };
  try {
    const context = createContext(options, system);
    await attach(context, { ...VM, networks: ["plain"] });
    console.log("added");
    await detach(context, VM);
    console.log("deleted");
  } catch (error) {
    console.log(
      error instanceof VmConfError ? error.code : `untyped: ${error}`,
    );
  }
}
