/** StaticNetworkConf for other languages. */
import { toJSONSchema } from "zod/v4/core";
import { CONF_SCHEMA } from "./conf.ts";

/**
 * A JSON Schema of `StaticNetworkConf`, for other languages.
 *
 * @returns The schema, of JSON Schema's draft 2020-12.
 *
 * @example Usage
 * ```ts
 * import { staticNetworkConfSchema } from "@cni/vmconf";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(staticNetworkConfSchema().type, "object");
 * ```
 */
export function staticNetworkConfSchema(): Record<string, unknown> {
  return { ...toJSONSchema(CONF_SCHEMA, { target: "draft-2020-12" }) };
}
