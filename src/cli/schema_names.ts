/** What there is a JSON Schema of, by name. */
export const SCHEMAS_BY_NAME = {
  conf: "a StaticNetworkConf: what convert prints for a result",
  result: "a CNI result of any version",
  error: "an error, on standard error with --json",
  lost: "what a format left out, on standard error with --json",
  batch: "a line that batch prints",
  inspect: "what inspect prints with --json",
  doctor: "what doctor prints with --json",
  explain: "what explain prints with --json",
  formats: "what formats prints with --json",
  status: "what status prints with --json",
  gc: "what gc prints with --json",
  list: "what list prints with --json",
  steps: "what --dry-run prints with --json",
} as const;

/** The name of a JSON Schema. */
export type SchemaName = keyof typeof SCHEMAS_BY_NAME;

/** The names of all JSON Schemas. */
export const SCHEMA_NAMES = Object.keys(
  SCHEMAS_BY_NAME,
) as readonly SchemaName[];
