/** JSON Schemas of what the command prints. */
import { ERROR_CODES } from "../errors.ts";
import {
  integer,
  list,
  object,
  routes,
  type Schema,
  staticNetworkConfSchema,
  text,
} from "../vmconf/json_schema.ts";

const DRAFT = "https://json-schema.org/draft/2020-12/schema";

const errorData: Schema = object({
  code: { enum: Object.keys(ERROR_CODES) },
  message: text,
}, { path: text, hint: text });

const losses: Schema = list(object({
  field: text,
  value: true,
  why: text,
  instead: list(text),
}));

const files: Schema = list(
  object({ name: text, text }, {
    companion: { type: "boolean" },
    mode: { type: "integer" },
  }),
);

const ips: Schema = list(
  object({ address: text }, { interface: integer, gateway: text }),
);

const roles: Schema = list(object({
  role: { enum: ["vm", "tap"] },
  containerID: text,
  why: text,
}));

const sandboxes: Schema = list(object({
  sandbox: text,
  kind: { enum: ["vm", "netns", "host", "other"] },
  interfaces: list(object({ index: integer, name: text, ips, roles }, {
    mac: text,
    mtu: integer,
    sandbox: text,
    socketPath: text,
    pciID: text,
  })),
}));

const texts: Schema = list(text);

const findings: Schema = list(object({
  kind: { enum: ["fault", "note"] },
  message: text,
}, {
  code: { enum: Object.keys(ERROR_CODES) },
  path: text,
  hint: text,
  excerpt: object({
    line: integer,
    column: integer,
    before: text,
    after: text,
  }),
}));

const inspection: Schema = object({
  converts: { type: "boolean" },
  vms: texts,
  sandboxes,
  strayIps: ips,
  routes,
  dns: object(
    { nameservers: texts, search: texts, options: texts },
    { domain: text },
  ),
  findings,
}, { cniVersion: text });

function batchSchema(): Schema {
  const { $schema: _, ...conf } = staticNetworkConfSchema();
  const ids = { id: true, containerID: true };
  return {
    oneOf: [
      object({ containerID: true, conf }, ids),
      object({ containerID: true, files, lost: losses }, ids),
      object({ line: { type: "integer" }, error: errorData }, ids),
    ],
  };
}

/** The schemas, by what they describe. */
export const SCHEMAS: Readonly<
  Record<"conf" | "error" | "lost" | "batch" | "inspection", () => Schema>
> = {
  conf: () => titled("StaticNetworkConf", staticNetworkConfSchema()),
  error: () => titled("Error", object({ error: errorData })),
  lost: () => titled("Losses", object({ lost: losses })),
  batch: () => titled("Line of vmconf batch", batchSchema()),
  inspection: () => titled("Inspection", inspection),
};

function titled(title: string, schema: Schema): Schema {
  return { $schema: DRAFT, title, ...schema };
}
