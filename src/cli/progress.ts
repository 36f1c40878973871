/** A progress bar, where a person can see it. */

/** Progress that is being shown, or not. */
export interface Progress extends AsyncDisposable {
  /** Tells that so many more bytes have been read. */
  readonly add: (bytes: number) => void;
}

/**
 * Shows progress on standard error, if that is a terminal and the end is known.
 */
export async function showProgress(
  size: number | undefined,
): Promise<Progress> {
  if (size === undefined || !Deno.stderr.isTerminal()) {
    return { add: () => {}, [Symbol.asyncDispose]: async () => {} };
  }
  const { ProgressBar } = await import("@std/cli/unstable-progress-bar");
  const bar = new ProgressBar({ max: size, clear: true });
  return {
    add: (bytes) => void (bar.value += bytes),
    [Symbol.asyncDispose]: () => bar.stop(),
  };
}
