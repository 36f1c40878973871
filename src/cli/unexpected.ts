/** Errors that nobody threw on purpose. */
import { VmConfError } from "../errors.ts";

/** Makes an error of ours of whatever was thrown. */
export function asVmConfError(error: unknown): VmConfError {
  if (error instanceof VmConfError) return error;
  // V8 throws it where a stack, a list or a text becomes too large.
  const isTooLarge = error instanceof RangeError;
  const reason = error instanceof Error ? error.message : String(error);
  return new VmConfError(
    "unexpected",
    isTooLarge
      ? `Cannot handle an input or an output of this size: ${reason}`
      : `Unexpected failure: ${reason}`,
    {
      cause: error,
      hint: isTooLarge
        ? "Give a smaller input, or one with less nesting."
        : "This is a bug in vmconf: please report it with the input.",
    },
  );
}
