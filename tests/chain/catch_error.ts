/** What went wrong, for tests that look at it. */
import { assert } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";

/** The error of ours that something ends with. */
export async function catchError(
  act: Promise<unknown> | (() => Promise<unknown>),
): Promise<VmConfError> {
  const done = typeof act === "function" ? act() : act;
  const error = await done.then(() => undefined, (error) => error);
  assert(error instanceof VmConfError, `expected an error, found ${error}`);
  return error;
}
