/** What vmconf does if a CNI runtime starts it as a plugin. */
import { LONGEST_TEXT } from "../cni/json_text.ts";
import { escapeJson } from "../cni/serialize_json.ts";
import {
  CNI_VARIABLES,
  type CniEnvironment,
  type CniVariable,
  REQUIRED_CNI_VARIABLES,
} from "../plugin/environment.ts";
import { CNI_ERROR_CODES, PluginFailure } from "../plugin/failure.ts";
import { reportFailure, runPlugin } from "../plugin/plugin.ts";
import { readText } from "./input.ts";
import { print } from "./output.ts";
import { isGranted } from "./permissions.ts";

/** Does what the environment and standard input ask for, as CNI defines it. */
export function runAsPlugin(): number {
  const { code, stdout } = run();
  print(escapeJson(stdout));
  return code;
}

function run() {
  try {
    return runPlugin(readEnvironment(), readText("-", LONGEST_TEXT));
  } catch (error) {
    return reportFailure(error, "");
  }
}

function readEnvironment(): CniEnvironment {
  return Object.fromEntries(
    CNI_VARIABLES.map((name) => [name, readVariable(name)]),
  );
}

/** A needed variable that may not be read is an error: it may well be set. */
function readVariable(variable: CniVariable): string | undefined {
  if (isGranted({ name: "env", variable })) return Deno.env.get(variable);
  if (!REQUIRED_CNI_VARIABLES.includes(variable)) return undefined;
  throw new PluginFailure(
    CNI_ERROR_CODES.invalidEnvironment,
    `${variable}: permission to read it was not granted`,
    `Grant --allow-env=${REQUIRED_CNI_VARIABLES.join()}.`,
  );
}
