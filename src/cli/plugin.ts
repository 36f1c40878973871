/** Being started by a CNI runtime, in place of a person. */
import { LONGEST_TEXT } from "../cni/json_text.ts";
import { escapeJson } from "../cni/serialize_json.ts";
import {
  CNI_VARIABLES,
  type CniEnvironment,
  type CniVariable,
  REQUIRED_CNI_VARIABLES,
} from "../plugin/environment.ts";
import { CNI_ERROR_CODES, PluginFailure } from "../plugin/failure.ts";
import {
  type PluginOutput,
  reportFailure,
  runPlugin,
} from "../plugin/plugin.ts";
import { readText } from "./input.ts";
import { print } from "./output.ts";
import { isGranted } from "./permissions.ts";

/**
 * Does what the runtime asks for by its environment variables and standard
 * input.
 */
export function plugin(): number {
  const { code, stdout } = outcome();
  print(escapeJson(stdout));
  return code;
}

function outcome(): PluginOutput {
  try {
    return runPlugin(environment(), readText("-", LONGEST_TEXT));
  } catch (error) {
    return reportFailure(error, "");
  }
}

function environment(): CniEnvironment {
  const entries = CNI_VARIABLES.map((name) => [name, valueOf(name)]);
  return Object.fromEntries(entries);
}

/** A variable that may not be read must not pass for one that is not set, if it is needed. */
function valueOf(variable: CniVariable): string | undefined {
  if (isGranted({ name: "env", variable })) return Deno.env.get(variable);
  if (!REQUIRED_CNI_VARIABLES.includes(variable)) return undefined;
  throw new PluginFailure(
    CNI_ERROR_CODES.invalidEnvironment,
    `${variable}: permission to read it was not granted`,
    `Grant --allow-env=${REQUIRED_CNI_VARIABLES.join()}.`,
  );
}
