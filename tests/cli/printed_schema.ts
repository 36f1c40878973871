/** Compares what vmconf prints with the schemas that it prints. */
import { assert, assertEquals } from "@std/assert";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { run, vmconf } from "../child.ts";

async function loadValidator(name: string): Promise<ValidateFunction> {
  const { code, stdout } = await run(vmconf([], "schema", name));
  assertEquals(code, 0);
  return new Ajv2020().compile(JSON.parse(stdout));
}

const WRONG = ["{}", "[{}]", '{"error":{}}', '{"lost":[{}]}'];

/** Texts match the schema of that name, and others do not. */
export async function assertValid(
  name: string,
  texts: readonly string[],
  wrong: readonly string[] = WRONG,
): Promise<void> {
  const validate = await loadValidator(name);
  assert(texts.length > 0);
  for (const text of texts) {
    assert(validate(JSON.parse(text)), JSON.stringify(validate.errors));
  }
  for (const other of wrong) {
    assertEquals(validate(JSON.parse(other)), false, other);
  }
}
