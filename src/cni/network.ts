/** Network configurations: the plugins that make a network, in order. */
import * as z from "zod/mini";
import { VmConfError } from "../errors.ts";
import { CNI_NAME, isCniName } from "../names.ts";
import {
  LONGEST_TEXT,
  parseJson,
  requireWritable,
  tooDeepError,
  tooLongError,
} from "./json_text.ts";
import { parseWithSchema } from "./parse_with_schema.ts";
import { compareVersions, DEFAULT_VERSION } from "./versions.ts";

/**
 * The configuration of one plugin. The plugin gets members that are not listed here
 * unchanged.
 */
export interface PluginConfig {
  /** The name of the plugin's executable. */
  readonly type: string;
  /** The arguments of the runtime that the plugin takes. */
  readonly capabilities?: Readonly<Record<string, boolean>> | null;
  /** Members for the plugin alone. */
  readonly [member: string]: unknown;
}

/**
 * A network configuration.
 *
 * Source: CNI specification 1.1.0, section 1.
 */
export interface NetworkConfig {
  /** The network's name. */
  readonly name: string;
  /** The versions of the specification that it supports, the highest first. */
  readonly cniVersions: readonly string[];
  /** Whether CHECK must not be called. */
  readonly disableCheck: boolean;
  /** Whether GC must not be called. */
  readonly disableGC: boolean;
  /** Whether the plugins in the network's own folder are ignored. */
  readonly loadOnlyInlinedPlugins: boolean;
  /** The plugins, in the order of ADD. */
  readonly plugins: readonly PluginConfig[];
  /** The configuration as JSON text, with all of its plugins. */
  readonly text: string;
}

const name = z.string().check(
  z.refine(isCniName, `${CNI_NAME}, such as "mynet"`),
);

/** With a slash it could run any file of the machine (CVE-2021-20206). */
const bareName = z.string().check(
  z.regex(
    /^(?!\.{1,2}$)[^/\\\0]+$/,
    'the bare name of an executable, such as "bridge"',
  ),
);

const version = z.string().check(
  z.regex(/^\d+\.\d+\.\d+$/, 'a version such as "1.0.0"'),
);

/** A boolean, or its name in any case, as Go's libcni reads it. */
const flag = z.nullish(
  z.unknown().check(z.refine(
    (value) =>
      value === null || typeof value === "boolean" ||
      typeof value === "string" && /^(?:true|false)$/i.test(value),
    "true or false",
  )),
);

const texts = z.nullish(z.array(z.string()));

const plugin = z.looseObject({
  type: bareName,
  capabilities: z.nullish(z.record(z.string(), z.boolean())),
  ipam: z.nullish(z.looseObject({ type: z.optional(bareName) })),
  dns: z.nullish(z.looseObject({
    nameservers: texts,
    domain: z.nullish(z.string()),
    search: texts,
    options: texts,
  })),
});

const list = z.looseObject({
  cniVersion: z.optional(version),
  cniVersions: z.nullish(z.array(version)),
  name,
  disableCheck: flag,
  disableGC: flag,
  loadOnlyInlinedPlugins: flag,
  plugins: z.array(plugin),
});

/** The form before there were lists: one plugin, with the network's name. */
const single = z.extend(plugin, { name, cniVersion: z.optional(version) });

/**
 * Reads a network configuration: a list of plugins (`.conflist`), or a single
 * plugin (`.conf`, `.json`), which becomes a list of one.
 *
 * @param text The JSON text.
 * @param more Plugins from the network's own folder, as JSON texts. They follow
 * those of the list, unless it sets `loadOnlyInlinedPlugins`.
 * @returns The network.
 * @throws {VmConfError} `invalid-json` or `too-long`; `invalid-network` with the
 * path of each value that is wrong, in document order.
 *
 * @example Usage
 * ```ts
 * import { parseNetworkConfig } from "@cni/vmconf/chain";
 * import { assertEquals } from "@std/assert";
 *
 * const network = parseNetworkConfig(`{
 *   "cniVersion": "1.0.0",
 *   "name": "mynet",
 *   "plugins": [{ "type": "ptp", "ipam": { "type": "host-local" } }]
 * }`);
 * assertEquals(network.plugins.map(({ type }) => type), ["ptp"]);
 * ```
 *
 * Source: CNI specification 1.1.0, section 1.
 */
export function parseNetworkConfig(
  text: string,
  more: readonly string[] = [],
): NetworkConfig {
  const raw = parseUnchanged(text);
  const isList = Object.hasOwn(Object(raw), "plugins") ||
    !Object.hasOwn(Object(raw), "type");
  const written = isList
    ? check(list, addMissingPlugins(raw), "network")
    : wrapSingle(check(single, raw, "network"));
  const inlinedOnly = isTrue(written.loadOnlyInlinedPlugins);
  const added = inlinedOnly
    ? []
    : more.map((text, index) =>
      check(plugin, parseUnchanged(text), `plugin[${index}]`)
    );
  const plugins = [...written.plugins, ...added];
  if (plugins.length === 0) throw noPluginsError();
  const isWhole = isList && added.length === 0;
  return {
    name: written.name,
    cniVersions: sortVersions(written),
    disableCheck: isTrue(written.disableCheck),
    disableGC: isTrue(written.disableGC),
    loadOnlyInlinedPlugins: inlinedOnly,
    plugins,
    text: isWhole ? text : JSON.stringify({
      ...written,
      loadOnlyInlinedPlugins: true,
      plugins,
    }),
  };
}

type List = z.infer<typeof list>;

function wrapSingle(
  { name, cniVersion, ...config }: z.infer<typeof single>,
): List {
  return { name, cniVersion, plugins: [config] };
}

/** A list may have no `plugins`, if its folder has some. */
function addMissingPlugins(raw: unknown): unknown {
  const mayLack = typeof raw === "object" && raw !== null &&
    !Array.isArray(raw) && !("plugins" in raw) &&
    !("loadOnlyInlinedPlugins" in raw && isTrue(raw.loadOnlyInlinedPlugins));
  return mayLack ? { ...raw, plugins: [] } : raw;
}

function check<Schema extends z.core.$ZodType>(
  schema: Schema,
  raw: unknown,
  root: string,
): z.infer<Schema> {
  return parseWithSchema(schema, raw, {
    code: "invalid-network",
    root,
    hint:
      "See the CNI specification, section 1 (Network configuration format).",
  });
}

function noPluginsError(): VmConfError {
  return new VmConfError(
    "invalid-network",
    "network.plugins: expected at least one plugin, found none",
    { path: "network.plugins" },
  );
}

/** Reads a flag of a configuration, as libcni does: "true" counts too. */
export function isTrue(value: unknown): boolean {
  return value === true ||
    typeof value === "string" && value.toLowerCase() === "true";
}

function sortVersions({ cniVersion, cniVersions }: List): string[] {
  const all = [...cniVersions ?? [], ...cniVersion ? [cniVersion] : []];
  if (all.length === 0) return [DEFAULT_VERSION];
  return [...new Set(all)].sort((a, b) => compareVersions(b, a));
}

/**
 * Parses JSON so that writing it again gives the same numbers: a plugin's own
 * members must reach it unchanged.
 */
export function parseUnchanged(text: string): unknown {
  if (text.length > LONGEST_TEXT) {
    throw tooLongError(`${text.length}`, LONGEST_TEXT);
  }
  const value = parseKeepingNumbers(text);
  requireWritable(value);
  return value;
}

function parseKeepingNumbers(text: string): unknown {
  try {
    return JSON.parse(text, keepNumber);
  } catch (cause) {
    if (!(cause instanceof RangeError)) return parseJson(text);
    throw tooDeepError();
  }
}

/** From the proposal "JSON.parse source text access", which V8 has. */
interface RawJson {
  rawJSON(source: string): unknown;
}

function keepNumber(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  const source = context?.source;
  const isExact = typeof value !== "number" || source === undefined ||
    String(value) === source;
  return isExact ? value : (JSON as unknown as RawJson).rawJSON(source);
}
