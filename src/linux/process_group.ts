/** Process groups: a process and all that it started. */
import { openFunctions } from "./library.ts";

const SIGNALS = {
  /** `int kill(pid_t pid, int sig)` */
  kill: { parameters: ["i32", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const SIGKILL = 9;

/**
 * Kills a process group. `Deno.kill` would take permission to run everything.
 *
 * @param leader The process that leads it.
 * @param task What it is for: how messages begin.
 * @returns Whether there is such a group.
 * @throws {VmConfError} `ffi-denied` or `no-library`.
 *
 * Source: kill(2).
 */
export function killGroup(leader: number, task: string): boolean {
  return openFunctions(SIGNALS, task).kill(-leader, SIGKILL) === 0;
}
