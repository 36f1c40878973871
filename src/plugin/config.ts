/** The plugin's part of a network configuration, as it comes by standard input. */
import * as z from "zod/mini";
import { wordsOf } from "../cni/faults.ts";
import { parseJson } from "../cni/json_text.ts";
import { keysNamed, type KeyTree, withExactKeys } from "../cni/keys.ts";
import { type CniResult, parseResult } from "../cni/result.ts";
import { faultsIn } from "../cni/schema_faults.ts";
import type { Version } from "../cni/versions.ts";
import { VmConfError } from "../errors.ts";
import { isDeviceName } from "../linux/mtu.ts";
import type { TapOptions } from "../linux/tap.ts";
import { DEVICE_NAME, ID, LARGEST_ID } from "./arguments.ts";
import { CODES, Failure } from "./failure.ts";
import { SUPPORTED, supportedVersion } from "./versions.ts";

/** A configuration of the plugin. */
export interface Config {
  /** The version of the specification that it is written in. */
  readonly cniVersion: Version;
  /** What it says about the tap. */
  readonly tap: Partial<TapOptions>;
  /** What the plugins before this one did; for CHECK and DEL, the whole chain. */
  readonly prevResult?: CniResult;
}

const NAME = /^[a-zA-Z0-9][\w.-]*$/;
const tapName = z.string().check(z.refine(isDeviceName, DEVICE_NAME));
const id = z.int().check(z.minimum(0, ID), z.maximum(LARGEST_ID, ID));

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

/** Reads a configuration. */
export function readConfig(text: string): Config {
  const raw = withExactKeys(parseJson(text), KEYS);
  const parsed = z.safeParse(schema, raw);
  if (!parsed.success) {
    const { message } = wordsOf(faultsIn(raw, schema), "config");
    throw new Failure(CODES.invalidConfig, message);
  }
  const { tapName: name, tapUID: uid, tapGID: gid, ...rest } = parsed.data;
  const cniVersion = versionOf(rest.cniVersion || OLDEST);
  return {
    cniVersion,
    tap: definedOnly({ name, uid, gid }),
    ...rest.prevResult && {
      prevResult: readResult({ cniVersion, ...rest.prevResult }),
    },
  };
}

/** What a configuration without a version is written in, as in Go's libcni. */
const OLDEST = "0.1.0";

function versionOf(found: string): Version {
  const version = supportedVersion(found);
  if (version !== undefined) return version;
  throw new Failure(
    CODES.incompatibleVersion,
    "incompatible CNI versions",
    `config is ${JSON.stringify(found)}, plugin supports ${
      JSON.stringify(SUPPORTED)
    }`,
  );
}

/** A result that says no version is of the configuration's. */
function readResult(raw: unknown): CniResult {
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

function definedOnly(options: Nullable<TapOptions>): Partial<TapOptions> {
  const entries = Object.entries(options).filter(([, value]) => value != null);
  return Object.fromEntries(entries);
}
