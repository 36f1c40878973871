/** The error that a plugin prints instead of a result. */
import { quote, VmConfError } from "../errors.ts";

/**
 * Returns the error of a plugin, if the value is one and not a result.
 *
 * Source: CNI specification 1.1.0, section 5, "Error".
 */
export function findPluginError(raw: unknown): VmConfError | undefined {
  const { code, msg, details }: Record<string, unknown> = Object(raw);
  if (!Number.isInteger(code) || typeof msg !== "string") return undefined;
  const parts = [
    `code ${code}`,
    msg,
    ...typeof details === "string" ? [details] : [],
  ];
  return new VmConfError(
    "plugin-failed",
    `result: expected the result of ADD, found a plugin's error: ${
      quote(parts.filter((part) => part !== "").join(": "))
    }`,
    {
      path: "result",
      hint: "A plugin of the chain failed, so the VM has no network.",
    },
  );
}
