/** The plugin's configuration, which the runtime writes to standard input. */
import {
  anyObject,
  decode,
  goObject,
  integer,
  list,
  optional,
  refined,
  required,
  text,
} from "../cni/decode.ts";
import { printFaults } from "../cni/faults.ts";
import { parseJson } from "../cni/json_text.ts";
import { type CniResult, parseResult } from "../cni/result.ts";
import {
  ALL_VERSIONS,
  DEFAULT_VERSION,
  hasFeature,
  type Version,
} from "../cni/versions.ts";
import { requireVmConfError, rewordError } from "../errors.ts";
import type { TapOptions } from "../linux/tap.ts";
import { CNI_NAME, isCniName, isInterfaceName } from "../names.ts";
import { DEVICE_NAME, ID_RANGE, LARGEST_ID } from "./environment.ts";
import { CNI_ERROR_CODES, PluginFailure } from "./failure.ts";

/** What the plugin uses of it. */
export interface TapConfig {
  readonly cniVersion: Version;
  readonly tap: TapOptions;
  /** ADD: the result of the plugin before; CHECK, DEL: that of the whole chain. */
  readonly prevResult?: CniResult;
}

interface WrittenConfig {
  readonly cniVersion?: string;
  readonly name: string;
  readonly tapName?: string;
  readonly tapUID?: number;
  readonly tapGID?: number;
  readonly prevResult?: Readonly<Record<string, unknown>>;
  readonly "cni.dev/valid-attachments"?: readonly Attachment[];
}

interface Attachment {
  readonly containerID: string;
  readonly ifname: string;
}

const id = refined(integer, ID_RANGE, (id) => 0 <= id && id <= LARGEST_ID);

const writtenConfig = goObject<WrittenConfig>({
  cniVersion: optional(text),
  name: refined(text, `${CNI_NAME}, such as "mynet"`, isCniName),
  tapName: optional(refined(text, DEVICE_NAME, isInterfaceName)),
  tapUID: optional(id),
  tapGID: optional(id),
  prevResult: optional(anyObject),
  "cni.dev/valid-attachments": optional(list(goObject<Attachment>({
    containerID: required(text),
    ifname: required(text),
  }))),
});

/** The kernel chooses the next free number, as with the Go plugin. */
const ANY_TAP = "tap%d";

export function parseTapConfig(input: string): TapConfig {
  const { value, faults } = decode(parseJson(input), writtenConfig);
  if (value === undefined) {
    throw new PluginFailure(
      CNI_ERROR_CODES.invalidConfig,
      printFaults("config", faults),
    );
  }
  const { tapName = ANY_TAP, tapUID, tapGID, prevResult } = value;
  const cniVersion = requireSupportedVersion(
    value.cniVersion || DEFAULT_VERSION,
  );
  return {
    cniVersion,
    tap: { name: tapName, uid: tapUID, gid: tapGID },
    prevResult: prevResult && parsePrevResult({ cniVersion, ...prevResult }),
  };
}

/** Before 0.3.0 plugins could not be chained. */
export const SUPPORTED_VERSIONS: readonly Version[] = ALL_VERSIONS.filter(
  (version) => hasFeature(version, "prevResult"),
);

export function findSupportedVersion(version: unknown): Version | undefined {
  return SUPPORTED_VERSIONS.find((supported) => supported === version);
}

function requireSupportedVersion(found: string): Version {
  const version = findSupportedVersion(found);
  if (version !== undefined) return version;
  throw new PluginFailure(
    CNI_ERROR_CODES.incompatibleVersion,
    "incompatible CNI versions",
    `config is ${JSON.stringify(found)}, plugin supports ${
      JSON.stringify(SUPPORTED_VERSIONS)
    }`,
  );
}

/** Names the place of faults: the result is part of the configuration. */
function parsePrevResult(raw: unknown): CniResult {
  try {
    return parseResult(raw);
  } catch (error) {
    const fault = requireVmConfError(error);
    const placed = fault.message.replace(/^result\b/gm, "config.prevResult");
    throw rewordError(fault, placed);
  }
}
