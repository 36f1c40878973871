/** Catches errors, for tests that examine them. */
import { assert } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";

/** Returns the VmConfError that is thrown. */
export async function catchError(
  act: Promise<unknown> | (() => Promise<unknown>),
): Promise<VmConfError> {
  const done = typeof act === "function" ? act() : act;
  const error = await done.then(() => undefined, (error) => error);
  assert(error instanceof VmConfError, `expected an error, found ${error}`);
  return error;
}
