/** Being started by a CNI runtime, in place of a person. */
import { LONGEST_TEXT } from "../cni/json_text.ts";
import { escapeJson } from "../cni/serialize_json.ts";
import {
  type Environment,
  NEEDED_VARIABLES,
  type Variable,
  VARIABLES,
} from "../plugin/environment.ts";
import { CODES, Failure } from "../plugin/failure.ts";
import { type Outcome, outcomeOf, runPlugin } from "../plugin/plugin.ts";
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

function outcome(): Outcome {
  try {
    return runPlugin(environment(), readText("-", LONGEST_TEXT));
  } catch (error) {
    return outcomeOf(error, "");
  }
}

function environment(): Environment {
  const entries = VARIABLES.map((name) => [name, valueOf(name)]);
  return Object.fromEntries(entries);
}

/** A variable that may not be read must not pass for one that is not set, if it is needed. */
function valueOf(variable: Variable): string | undefined {
  if (isGranted({ name: "env", variable })) return Deno.env.get(variable);
  if (!NEEDED_VARIABLES.includes(variable)) return undefined;
  throw new Failure(
    CODES.invalidEnvironment,
    `${variable}: permission to read it was not granted`,
    `Grant --allow-env=${NEEDED_VARIABLES.join()}.`,
  );
}
