/** JSON Schemas of what the command prints. */
import type {
  AttachmentList,
  ChainStep,
  CollectedAttachment,
  ListedAttachment,
  ReadyNetwork,
  UnusableEntry,
} from "../chain/chain.ts";
import {
  type Decoder,
  goObject,
  integer,
  list,
  object,
  optional,
  type Schema,
  text,
} from "../cni/decode.ts";
import { makeSchemaDocument, toJsonSchema } from "../cni/json_schema.ts";
import { DNS, INTERFACE, IP_CONFIG, ROUTE } from "../cni/result_shape.ts";
import type { CniDns, CniIpConfig, Route } from "../cni/result.ts";
import { ERROR_CODES, type ErrorCode } from "../errors.ts";
import {
  FORMAT_FIELDS,
  FORMAT_NAMES,
  type FormatName,
  type FormatSupport,
  type SupportLevel,
} from "../formats/format_table.ts";
import type {
  ExplainedIp,
  ExplainedLine,
  Reading,
} from "../formats/explain.ts";
import type { IpField } from "../formats/explain_fields.ts";
import { IP_READERS, type IpReader } from "../formats/explain_readers.ts";
import type { Loss, RenderedFile } from "../formats/format.ts";
import type { Candidate } from "../linux/candidates.ts";
import type { GuestKernel } from "../linux/kernel_config.ts";
import type { LibraryInUse, MachineReport } from "../linux/machine.ts";
import { confDecoder, type StaticNetworkConf } from "../vmconf/conf.ts";
import type {
  InspectedInterface,
  InspectedSandbox,
  Inspection,
} from "../vmconf/inspection.ts";
import type { Excerpt, Finding } from "../vmconf/inspection_findings.ts";
import type { Role } from "../vmconf/inspection_pairs.ts";
import { cniResultSchema } from "../cni/versions.ts";
import { staticNetworkConfSchema } from "../vmconf/conf.ts";
import type { PermissionAdvice } from "./doctor/advice.ts";
import { type SchemaName, SCHEMAS_BY_NAME } from "./schema_names.ts";

/** Declares what is printed and never read here: only its schema is used. */
function printed<T>(keywords: Schema): Decoder<T> {
  return { keywords, read: (raw) => raw as T };
}

const boolean = printed<boolean>({ type: "boolean" });
const anything = printed<unknown>({});
const texts = list(text);

function oneOf<T extends string>(values: readonly T[]): Decoder<T> {
  return printed<T>({ enum: values });
}

function keysOf<T extends string>(table: Readonly<Record<T, unknown>>): T[] {
  return Object.keys(table) as T[];
}

function anyOf<T>(decoders: readonly Decoder<T>[]): Decoder<T> {
  return printed<T>({ anyOf: decoders.map((it) => toJsonSchema(it)) });
}

interface PrintedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path?: string;
  readonly hint?: string;
}

const code = oneOf(keysOf(ERROR_CODES));

const error = object<PrintedError>({
  code,
  message: text,
  path: optional(text),
  hint: optional(text),
});

const lost = list(object<Loss>({
  field: text,
  value: anything,
  why: text,
  instead: texts,
}));

const files = list(object<RenderedFile>({
  name: text,
  text,
  companion: optional(boolean),
  mode: optional(integer),
}));

type Ids = { readonly id?: unknown; readonly containerID?: unknown };

const ids = { id: optional(anything), containerID: optional(anything) };

const batch = anyOf<Ids>([
  object<Ids & { readonly conf: StaticNetworkConf }>({
    ...ids,
    containerID: anything,
    conf: confDecoder,
  }),
  object<
    & Ids
    & {
      readonly files: readonly RenderedFile[];
      readonly lost: readonly Loss[];
    }
  >({ ...ids, containerID: anything, files, lost }),
  object<Ids & { readonly line: number; readonly error: PrintedError }>({
    ...ids,
    line: integer,
    error,
  }),
]);

const ips = list(goObject<CniIpConfig>(IP_CONFIG));

const roles = list(object<Role>({
  role: oneOf(["vm", "tap"]),
  containerID: text,
  why: text,
}));

const sandboxes = list(object<InspectedSandbox>({
  sandbox: text,
  kind: oneOf(["vm", "netns", "host", "other"]),
  interfaces: list(object<InspectedInterface>({
    ...INTERFACE,
    index: integer,
    ips,
    roles,
  })),
}));

const findings = list(object<Finding>({
  kind: oneOf(["fault", "note"]),
  code: optional(code),
  message: text,
  path: optional(text),
  hint: optional(text),
  excerpt: optional(object<Excerpt>({
    line: integer,
    column: integer,
    before: text,
    after: text,
  })),
}));

const inspection = object<Inspection>({
  converts: boolean,
  cniVersion: optional(text),
  vms: texts,
  sandboxes,
  strayIps: ips,
  routes: list(goObject<Route>(ROUTE)),
  dns: goObject<CniDns>(DNS),
  findings,
});

const candidate = {
  kind: oneOf<Candidate["kind"]>(["libnl-route", "libc"]),
  path: text,
};

type PrintedReport =
  & Omit<MachineReport, "namespaces">
  & PermissionAdvice
  & {
    readonly ready: boolean;
    readonly namespaces: {
      readonly canEnter: boolean;
      readonly error?: PrintedError;
    };
    readonly guestKernel?: GuestKernel;
  };

const doctor = object<PrintedReport>({
  ready: boolean,
  arch: text,
  libc: object<MachineReport["libc"]>({
    flavour: oneOf(["glibc", "musl"]),
    version: optional(text),
  }),
  kernel: optional(text),
  candidates: list(object<MachineReport["candidates"][number]>({
    ...candidate,
    failure: optional(text),
  })),
  library: optional(object<LibraryInUse>({
    ...candidate,
    loadedFrom: text,
    version: optional(text),
  })),
  permissions: object<MachineReport["permissions"]>({
    ffi: oneOf(["all", "some", "none"]),
    read: boolean,
    override: boolean,
  }),
  capabilities: optional(object<NonNullable<MachineReport["capabilities"]>>({
    CAP_NET_ADMIN: boolean,
    CAP_SYS_ADMIN: boolean,
  })),
  namespaces: object<PrintedReport["namespaces"]>({
    canEnter: boolean,
    error: optional(error),
  }),
  guestKernel: optional(object<GuestKernel>({
    readsIpParam: boolean,
    drivesVirtioNet: boolean,
    remarks: texts,
    options: printed<GuestKernel["options"]>({
      type: "object",
      propertyNames: { pattern: "^CONFIG_" },
      additionalProperties: { enum: ["y", "m", "n"] },
    }),
  })),
  run: text,
  compile: text,
  certain: boolean,
});

const explanation = object<ExplainedLine>({
  parameters: list(object<ExplainedIp>({
    value: text,
    fields: list(object<IpField>({
      position: integer,
      name: printed<IpField["name"]>({ type: "string" }),
      value: text,
      meaning: text,
    })),
    readings: list(object<Reading>({
      reader: oneOf<IpReader>(keysOf(IP_READERS)),
      verdict: oneOf(["as-written", "differently", "refused"]),
      remarks: texts,
    })),
  })),
  remarks: texts,
});

interface PrintedFormat {
  readonly name: FormatName;
  readonly summary: string;
  readonly options: readonly string[];
  readonly supports: FormatSupport;
}

const supportLevel = oneOf<SupportLevel>(["yes", "part", "no", "guest"]);

const formats = list(object<PrintedFormat>({
  name: oneOf(FORMAT_NAMES),
  summary: text,
  options: texts,
  supports: printed<FormatSupport>({
    type: "object",
    properties: Object.fromEntries(
      keysOf(FORMAT_FIELDS).map((field) => [field, toJsonSchema(supportLevel)]),
    ),
    required: keysOf(FORMAT_FIELDS),
  }),
}));

const readyNetworks = list(object<ReadyNetwork>({
  network: text,
  cniVersion: text,
  plugins: texts,
}));

const collected = list(object<CollectedAttachment>({
  network: text,
  containerID: text,
  ifName: text,
}));

const listed = object<AttachmentList>({
  attachments: list(object<ListedAttachment>({
    containerID: text,
    network: text,
    ifName: text,
    tapName: optional(text),
    macAddr: optional(text),
    addresses: texts,
    netNSPath: text,
    netns: oneOf(["alive", "gone", "unknown"]),
    netnsReason: optional(text),
    complete: boolean,
    by: oneOf(["vmconf", "other"]),
  })),
  unusable: list(object<UnusableEntry>({ file: text, reason: text })),
});

const steps = list(anyOf<ChainStep>([
  object<Extract<ChainStep, { readonly command: unknown }>>({
    step: oneOf(["run"]),
    command: oneOf(["ADD", "DEL", "GC"]),
    plugin: text,
    network: text,
    containerID: optional(text),
    ifName: optional(text),
    netNSPath: optional(text),
  }),
  object<
    Extract<ChainStep, { readonly step: "create-netns" | "remove-netns" }>
  >({
    step: oneOf(["create-netns", "remove-netns"]),
    netNSPath: text,
  }),
  object<Extract<ChainStep, { readonly file: string }>>({
    step: oneOf(["write-record", "remove-record"]),
    file: text,
  }),
]));

/** The schemas; those of documents of the library are the library's own. */
const SCHEMAS: Readonly<Record<SchemaName, () => Schema>> = {
  conf: staticNetworkConfSchema,
  result: cniResultSchema,
  error: () =>
    toJsonSchema(object<{ readonly error: PrintedError }>({ error })),
  lost: () =>
    toJsonSchema(object<{ readonly lost: readonly Loss[] }>({ lost })),
  batch: () => toJsonSchema(batch),
  inspect: () => toJsonSchema(inspection, { asSalvaged: true }),
  doctor: () => toJsonSchema(doctor),
  explain: () => toJsonSchema(explanation),
  formats: () => toJsonSchema(formats),
  status: () => toJsonSchema(readyNetworks),
  gc: () => toJsonSchema(collected),
  list: () => toJsonSchema(listed),
  steps: () => toJsonSchema(steps),
};

/** Makes the JSON Schema of a name. */
export function makeSchema(name: SchemaName): Schema {
  return makeSchemaDocument(name, SCHEMAS_BY_NAME[name], SCHEMAS[name]());
}
