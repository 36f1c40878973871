/** StaticNetworkConf for other languages, and what JSON Schemas are made of. */
import { LEAST_MTU, MAC_FORM } from "./conf.ts";

/** A JSON Schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/** A text. */
export const text: Schema = { type: "string" };

/** An integer that JavaScript holds exactly. */
export const integer: Schema = {
  type: "integer",
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
};

/** The schema of a list. */
export function list(items: Schema): Schema {
  return { type: "array", items };
}

/** The schema of an object that has no other members than these. */
export function object(
  required: Readonly<Record<string, unknown>>,
  optional: Readonly<Record<string, unknown>> = {},
): Schema {
  return {
    type: "object",
    properties: { ...required, ...optional },
    required: Object.keys(required),
    additionalProperties: false,
  };
}

/** The schema of routes, in results and configurations alike. */
export const routes: Schema = list(object({ dst: text }, {
  gw: text,
  mtu: integer,
  advmss: integer,
  priority: integer,
  table: integer,
  scope: integer,
}));

const conf = object({
  tapName: text,
  netNSPath: text,
  vmMtu: { ...integer, minimum: LEAST_MTU },
  vmIpConfigs: {
    ...list(object({ address: text }, { gateway: text })),
    minItems: 1,
  },
  vmRoutes: routes,
  vmNameservers: list(text),
  vmSearchDomains: list(text),
  vmResolverOptions: list(text),
}, {
  vmIfName: text,
  vmMacAddr: { ...text, pattern: MAC_FORM.source },
  vmDomain: text,
});

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
  return { $schema: "https://json-schema.org/draft/2020-12/schema", ...conf };
}
