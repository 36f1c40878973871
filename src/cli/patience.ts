/** Reading and writing where another process made the file non-blocking. */

const PATIENCE_MS = 5;
const clock = new Int32Array(new SharedArrayBuffer(4));

/** Tries again until the system can read or write at once. */
export function patiently<T>(transfer: () => T): T {
  while (true) {
    try {
      return transfer();
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(clock, 0, 0, PATIENCE_MS);
    }
  }
}
