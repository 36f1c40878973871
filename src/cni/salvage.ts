/** What can still be read of a CNI result that is malformed, for people. */
import { requireVmConfError, type VmConfError } from "../errors.ts";
import { parseIp } from "../ip/address.ts";
import { salvage, type Salvaged } from "./decode.ts";
import { type Fault, invalidResultError } from "./faults.ts";
import { parseJson } from "./json_text.ts";
import { parseResult, type ParseResultOptions } from "./result.ts";
import { type CniResult, CURRENT_VERSION } from "./result_shape.ts";
import {
  type AnyResult,
  anyResult,
  isVersion,
  readVersion,
  VERSIONS,
} from "./versions.ts";

/** A CNI result, as far as it can be read. */
export interface Salvage {
  /** The result's own `cniVersion`, if it is a text. */
  readonly cniVersion?: string;
  /**
   * What could be read. If there are faults, texts are as they were written,
   * malformed addresses too, and what has the wrong type is left out.
   */
  readonly result: CniResult;
  /** What is wrong, an error for each value, in document order. */
  readonly faults: readonly VmConfError[];
}

/** Reads as much of a CNI result as can be read. */
export function salvageResult(
  text: string,
  options: ParseResultOptions,
): Salvage {
  let raw: unknown;
  try {
    raw = parseJson(text, options.maxLength);
  } catch (error) {
    return { result: tidy({}), faults: [requireVmConfError(error)] };
  }
  const members = salvage(raw, anyResult) ?? {};
  const { cniVersion } = members;
  const told = cniVersion === undefined ? {} : { cniVersion };
  try {
    return { ...told, result: parseResult(text, options), faults: [] };
  } catch (error) {
    const faults = listFaults(requireVmConfError(error), raw);
    return { ...told, result: tidy(members), faults };
  }
}

function listFaults(error: VmConfError, raw: unknown): readonly VmConfError[] {
  if (error.code !== "invalid-result") return [error];
  return findFaults(raw).map((fault) =>
    invalidResultError([fault], hintFor(fault))
  );
}

function findFaults(raw: unknown): readonly Fault[] {
  const { value: version, faults } = readVersion(raw);
  return isVersion(version) ? VERSIONS[version].shape.read(raw).faults : faults;
}

function hintFor({ place, found }: Fault): string | undefined {
  if (typeof found !== "string") return undefined;
  const key = String(place.at(-1));
  const slash = found.indexOf("/");
  if (["address", "dst", "ip"].includes(key) && parseIp(found)) {
    return `The prefix length of its subnet is missing, such as ${found}/24.`;
  }
  return ["gateway", "gw"].includes(key) && parseIp(found.slice(0, slash))
    ? `It is one host, without prefix length: ${found.slice(0, slash)}.`
    : undefined;
}

/**
 * Brings what was read to the current shape, from the members of all versions:
 * whoever looks at it knows the version. Interfaces and addresses are never left
 * out, as addresses and faults name them by their position.
 */
function tidy(
  { interfaces = [], ips = [], routes = [], ip4, ip6, dns = {} }: Salvaged<
    AnyResult
  >,
): CniResult {
  const legacy = [ip4, ip6].filter((config) => config !== undefined);
  return {
    cniVersion: CURRENT_VERSION,
    interfaces: interfaces.map((it) => ({ ...it, name: it?.name ?? "" })),
    ips: [
      ...ips.map((it) => ({ ...it, address: it?.address ?? "" })),
      ...legacy.map(({ ip: address = "", gateway }) =>
        gateway === undefined ? { address } : { address, gateway }
      ),
    ],
    routes: [...routes, ...legacy.flatMap(({ routes = [] }) => routes)]
      .flatMap((it) => it?.dst === undefined ? [] : { ...it, dst: it.dst }),
    dns: {
      ...dns,
      nameservers: keepTexts(dns.nameservers),
      search: keepTexts(dns.search),
      options: keepTexts(dns.options),
    },
  };
}

function keepTexts(texts: readonly (string | undefined)[] = []): string[] {
  return texts.filter((text) => text !== undefined);
}
