/**
 * Adds a network while somebody swaps the file that the namespace is mounted on
 * for a link. Runs in a sandbox: swap_runs.ts CACHE NETNS VICTIM.
 */
import { attach } from "../../src/chain/attach.ts";
import { createContext } from "../../src/chain/context.ts";
import { SYSTEM } from "../../src/chain/system.ts";

const [cacheDir = "", netNSPath = "", victim = ""] = Deno.args;
const system = {
  ...SYSTEM,
  kernel: (task: string) => {
    const calls = SYSTEM.kernel(task);
    return {
      ...calls,
      linkat: (...args: Parameters<typeof calls.linkat>) => {
        const status = calls.linkat(...args);
        Deno.renameSync(netNSPath, `${netNSPath}~`);
        Deno.symlinkSync(victim, netNSPath);
        return status;
      },
    };
  },
};
const context = createContext({
  cacheDir,
  confDirs: ["/run/net.d"],
  binDirs: ["/run/bin"],
}, system);
try {
  await attach(context, {
    containerID: "vm-1",
    networks: ["loopback"],
    netNSPath,
  });
} catch (error) {
  console.log(Object(error).code, Object(error).message);
}
