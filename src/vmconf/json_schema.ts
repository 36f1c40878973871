/** JSON Schemas of the library's data, for other languages. */
import { makeSchemaDocument, toJsonSchema } from "../cni/json_schema.ts";
import { anyResult } from "../cni/versions.ts";
import { confDecoder } from "./conf.ts";

/**
 * Makes the JSON Schema of `StaticNetworkConf`, for other languages.
 *
 * @returns The schema, of JSON Schema's draft 2020-12.
 *
 * @example Usage
 * ```ts
 * import { staticNetworkConfSchema } from "@cni/vmconf";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(staticNetworkConfSchema().title, "StaticNetworkConf");
 * ```
 */
export function staticNetworkConfSchema(): Record<string, unknown> {
  return makeSchemaDocument(
    "conf",
    "StaticNetworkConf",
    toJsonSchema(confDecoder),
  );
}

/**
 * Makes the JSON Schema of a CNI result of any version, as `parseResult` reads
 * it and as plugins print it.
 *
 * @returns The schema, of JSON Schema's draft 2020-12.
 *
 * @example Usage
 * ```ts
 * import { cniResultSchema } from "@cni/vmconf";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(cniResultSchema().title, "CNI result");
 * ```
 */
export function cniResultSchema(): Record<string, unknown> {
  return makeSchemaDocument("result", "CNI result", toJsonSchema(anyResult));
}
