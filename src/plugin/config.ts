/** The plugin's configuration, which the runtime writes to standard input. */
import * as z from "zod/mini";
import { wordsOf } from "../cni/faults.ts";
import { parseJson } from "../cni/json_text.ts";
import { keysNamed, type KeyTree, withExactKeys } from "../cni/keys.ts";
import { type CniResult, parseResult } from "../cni/result.ts";
import { faultsIn } from "../cni/schema_faults.ts";
import type { Version } from "../cni/versions.ts";
import { VmConfError } from "../errors.ts";
import { isDeviceName } from "../linux/netdevice.ts";
import type { TapOptions } from "../linux/tap.ts";
import { DEVICE_NAME, ID_RANGE, LARGEST_ID } from "./environment.ts";
import { CNI_ERROR_CODES, PluginFailure } from "./failure.ts";
import { SUPPORTED, supportedVersion } from "./versions.ts";

/** The parts of the configuration that the plugin uses. */
export interface TapConfig {
  /** The version of the CNI specification. */
  readonly cniVersion: Version;
  /** Options of the tap. */
  readonly tap: Partial<TapOptions>;
  /** ADD: the result of the plugin before; CHECK, DEL: that of the whole chain. */
  readonly prevResult?: CniResult;
}

const NAME = /^[a-zA-Z0-9][\w.-]*$/;
const tapName = z.string().check(z.refine(isDeviceName, DEVICE_NAME));
const id = z.int().check(
  z.minimum(0, ID_RANGE),
  z.maximum(LARGEST_ID, ID_RANGE),
);

const attachment = z.object({ containerID: z.string(), ifname: z.string() });

const schema = z.object({
  cniVersion: z.nullish(z.string()),
  name: z.string().check(
    z.regex(NAME, 'letters, digits and . _ -, such as "mynet"'),
  ),
  tapName: z.nullish(tapName),
  tapUID: z.nullish(id),
  tapGID: z.nullish(id),
  prevResult: z.nullish(z.looseObject({})),
  "cni.dev/valid-attachments": z.nullish(z.array(attachment)),
});

const KEYS: KeyTree = new Map([
  ...keysNamed(schema.shape),
  ["cni.dev/valid-attachments", keysNamed(attachment.shape)],
]);

export function parseTapConfig(text: string): TapConfig {
  const raw = withExactKeys(parseJson(text), KEYS);
  const parsed = z.safeParse(schema, raw);
  if (!parsed.success) {
    const { message } = wordsOf(faultsIn(raw, schema), "config");
    throw new PluginFailure(CNI_ERROR_CODES.invalidConfig, message);
  }
  const { tapName: name, tapUID: uid, tapGID: gid, ...rest } = parsed.data;
  const cniVersion = requireSupportedVersion(rest.cniVersion || OLDEST);
  return {
    cniVersion,
    tap: omitUnset({ name, uid, gid }),
    ...rest.prevResult && {
      prevResult: parsePrevResult({ cniVersion, ...rest.prevResult }),
    },
  };
}

/** The version of a configuration that has none, as in libcni. */
const OLDEST = "0.1.0";

function requireSupportedVersion(found: string): Version {
  const version = supportedVersion(found);
  if (version !== undefined) return version;
  throw new PluginFailure(
    CNI_ERROR_CODES.incompatibleVersion,
    "incompatible CNI versions",
    `config is ${JSON.stringify(found)}, plugin supports ${
      JSON.stringify(SUPPORTED)
    }`,
  );
}

/** Names the place of faults: the result is part of the configuration. */
function parsePrevResult(raw: unknown): CniResult {
  try {
    return parseResult(raw);
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    const { code, message, hint } = error;
    const placed = message.replace(/^result\b/gm, "config.prevResult");
    throw new VmConfError(code, placed, { hint, cause: error });
  }
}

type Nullable<T> = { readonly [Key in keyof T]?: T[Key] | null };

function omitUnset(options: Nullable<TapOptions>): Partial<TapOptions> {
  const entries = Object.entries(options).filter(([, value]) => value != null);
  return Object.fromEntries(entries);
}
