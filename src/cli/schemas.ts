/** JSON Schemas of what the command prints. */
import { ERROR_CODES } from "../errors.ts";
import { FORMAT_FIELDS, FORMAT_NAMES } from "../formats/table.ts";
import { IP_READERS } from "../formats/explain_readers.ts";
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

const boolean: Schema = { type: "boolean" };

const explanation: Schema = object({
  parameters: list(object({
    value: text,
    fields: list(
      object({ position: integer, name: text, value: text, meaning: text }),
    ),
    readings: list(object({
      reader: { enum: Object.keys(IP_READERS) },
      verdict: { enum: ["as-written", "differently", "refused"] },
      remarks: texts,
    })),
  })),
  remarks: texts,
});

const support: Schema = { enum: ["yes", "part", "no", "guest"] };

const formats: Schema = list(object({
  name: { enum: FORMAT_NAMES },
  summary: text,
  options: texts,
  supports: object(
    Object.fromEntries(
      Object.keys(FORMAT_FIELDS).map((field) => [field, support]),
    ),
  ),
}));

const candidate = {
  kind: { enum: ["libnl-route", "libc"] },
  path: text,
};

const capabilities: Schema = object({
  CAP_NET_ADMIN: boolean,
  CAP_SYS_ADMIN: boolean,
});

const guestKernel: Schema = object({
  readsIpParam: boolean,
  drivesVirtioNet: boolean,
  remarks: texts,
  options: {
    type: "object",
    propertyNames: { pattern: "^CONFIG_" },
    additionalProperties: { enum: ["y", "m", "n"] },
  },
});

const diagnosis: Schema = object({
  ready: boolean,
  arch: text,
  libc: object({ flavour: { enum: ["glibc", "musl"] } }, { version: text }),
  candidates: list(object(candidate, { failure: text })),
  permissions: object({
    ffi: { enum: ["all", "some", "none"] },
    read: boolean,
    override: boolean,
  }),
  namespaces: object({ canEnter: boolean }, { error: errorData }),
  run: text,
  compile: text,
  certain: boolean,
}, {
  kernel: text,
  library: object({ ...candidate, loadedFrom: text }, { version: text }),
  capabilities,
  guestKernel,
});

const readyNetworks: Schema = list(
  object({ network: text, cniVersion: text, plugins: texts }),
);

const listed: Schema = object({
  attachments: list(object({
    containerID: text,
    network: text,
    ifName: text,
    addresses: texts,
    netNSPath: text,
    netns: { enum: ["alive", "gone", "unknown"] },
    complete: boolean,
    by: { enum: ["vmconf", "other"] },
  }, { tapName: text, macAddr: text, netnsReason: text })),
  unusable: list(object({ file: text, reason: text })),
});

const steps: Schema = list({
  oneOf: [
    object({
      step: { enum: ["run"] },
      command: { enum: ["ADD", "DEL", "GC"] },
      plugin: text,
      network: text,
    }, { containerID: text, ifName: text, netNSPath: text }),
    object({
      step: { enum: ["create-netns", "remove-netns"] },
      netNSPath: text,
    }),
    object({ step: { enum: ["write-record", "remove-record"] }, file: text }),
  ],
});

const collected: Schema = list(
  object({ network: text, containerID: text, ifName: text }),
);

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

/**
 * What there is a schema of: a configuration, what is told on standard error,
 * and what commands print with --json, by their names.
 */
export const SCHEMAS = {
  conf: () => titled("StaticNetworkConf", staticNetworkConfSchema()),
  error: () => titled("Error", object({ error: errorData })),
  lost: () => titled("Losses", object({ lost: losses })),
  batch: () => titled("A line of vmconf batch", batchSchema()),
  inspect: () => titled("vmconf inspect", inspection),
  doctor: () => titled("vmconf doctor", diagnosis),
  explain: () => titled("vmconf explain", explanation),
  formats: () => titled("vmconf formats", formats),
  status: () => titled("vmconf status", readyNetworks),
  gc: () => titled("vmconf gc", collected),
  list: () => titled("vmconf list", listed),
  steps: () => titled("--dry-run", steps),
} as const satisfies Readonly<Record<string, () => Schema>>;

function titled(title: string, schema: Schema): Schema {
  return { $schema: DRAFT, title, ...schema };
}
