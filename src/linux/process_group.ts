/** Child processes, and all that they started. */
import type { Libc } from "./libc.ts";

/** The prototypes that ending a child takes beside those of a lookup. */
export const PROCESSES = {
  /** `int kill(pid_t pid, int sig)` */
  kill: { parameters: ["i32", "i32"], result: "i32" },
  /** `int waitid(idtype_t idtype, id_t id, siginfo_t *infop, int options)` */
  waitid: { parameters: ["i32", "u32", "buffer", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions that ending a child takes. */
export type ProcessCalls =
  & Libc
  & Deno.StaticForeignLibraryInterface<typeof PROCESSES>;

const SIGKILL = 9;

/** waitid(2) */
const P_PID = 1;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;
const SIGINFO_SIZE = 128;

/**
 * Kills a child of this process, together with its process group. Once the child
 * was waited for, its number may be another's: nothing is killed then.
 *
 * `Deno.kill` would need permission to run everything.
 *
 * Source: kill(2), waitid(2).
 */
export function killChild(calls: ProcessCalls, leader: number): boolean {
  const siginfo = new Uint8Array(SIGINFO_SIZE);
  const options = WEXITED | WNOHANG | WNOWAIT;
  if (calls.waitid(P_PID, leader, siginfo, options) !== 0) return false;
  calls.kill(-leader, SIGKILL);
  return true;
}
