/** Reads and writes on a file that another process made non-blocking. */

const RETRY_MS = 5;
const clock = new Int32Array(new SharedArrayBuffer(4));

/** Repeats a read or a write until the system can do it at once. */
export function retryWhileBlocked<T>(transfer: () => T): T {
  while (true) {
    try {
      return transfer();
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(clock, 0, 0, RETRY_MS);
    }
  }
}
