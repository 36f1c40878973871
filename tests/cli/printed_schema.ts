/** What the command prints, held against the schemas that it prints. */
import { assert, assertEquals } from "@std/assert";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { run, vmconf } from "../child.ts";

async function validatorOf(name: string): Promise<ValidateFunction> {
  const { code, stdout } = await run(vmconf([], "schema", name));
  assertEquals(code, 0);
  return new Ajv2020().compile(JSON.parse(stdout));
}

/** Texts match the schema of that name, which does not match just anything. */
export async function assertValid(
  name: string,
  texts: readonly string[],
): Promise<void> {
  const validate = await validatorOf(name);
  assert(texts.length > 0);
  for (const text of texts) {
    assert(validate(JSON.parse(text)), JSON.stringify(validate.errors));
  }
  for (const other of ["{}", "[{}]", '{"error":{}}', '{"lost":[{}]}']) {
    assertEquals(validate(JSON.parse(other)), false, other);
  }
}
