/** What can still be read of a CNI result that is malformed, for people. */
import { VmConfError } from "../errors.ts";
import { parseIp } from "../ip/address.ts";
import { type Fault, wordsOf } from "./faults.ts";
import { parseJson } from "./json_text.ts";
import { withExactKeys } from "./keys.ts";
import {
  type CniDns,
  type CniInterface,
  type CniIpConfig,
  type CniResult,
  parseResult,
  type ParseResultOptions,
  type Route,
} from "./result.ts";
import { knownKeys, readerOf, readVersion } from "./versions.ts";

const KEYS = knownKeys();

/** A CNI result, as far as it can be read. */
export interface Salvage {
  /** The result's own `cniVersion`, if it is a text. */
  readonly cniVersion?: string;
  /**
   * What could be read. If there are faults, texts stand as they were written,
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
    raw = withExactKeys(parseJson(text, options.maxLength), KEYS);
  } catch (error) {
    return { result: looseResult({}), faults: [vmConfError(error)] };
  }
  const members = membersOf(raw);
  const told = {
    ...optional("cniVersion", textOf(members.cniVersion)),
  };
  try {
    return { ...told, result: parseResult(text, options), faults: [] };
  } catch (error) {
    const faults = eachFault(vmConfError(error), raw);
    return { ...told, result: looseResult(members), faults };
  }
}

function vmConfError(error: unknown): VmConfError {
  if (error instanceof VmConfError) return error;
  throw error;
}

function eachFault(error: VmConfError, raw: unknown): readonly VmConfError[] {
  if (error.code !== "invalid-result") return [error];
  return faultsIn(raw).map((fault) => {
    const { message, path } = wordsOf([fault], "result");
    const hint = hintFor(fault) ?? error.hint;
    return new VmConfError("invalid-result", message, { path, hint });
  });
}

function faultsIn(raw: unknown): readonly Fault[] {
  const { value: version = "", faults } = readVersion(raw);
  return readerOf(version)?.(raw).faults ?? faults;
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

type Members = Readonly<Record<string, unknown>>;

function membersOf(raw: unknown): Members {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw)
    ? raw as Members
    : {};
}

/** Members of every version at once: who is to see it knows which one it is. */
function looseResult(members: Members): CniResult {
  const { interfaces, ips, routes, ip4, ip6, dns } = members;
  const legacy = [ip4, ip6].filter((config) => !!config).map(membersOf);
  return {
    cniVersion: "1.1.0",
    interfaces: listOf(interfaces).map(looseInterface),
    ips: [...listOf(ips), ...legacy].map(looseIp),
    routes: [routes, ...legacy.map(({ routes }) => routes)]
      .flatMap((some) => listOf(some).flatMap(looseRoute)),
    dns: looseDns(membersOf(dns)),
  };
}

/** Never left out: addresses point at interfaces by their position. */
function looseInterface(raw: unknown): CniInterface {
  const { name, mac, mtu, sandbox, socketPath, pciID } = membersOf(raw);
  return {
    name: textOf(name) ?? "",
    ...optional("mac", textOf(mac)),
    ...optional("mtu", integerOf(mtu) || undefined),
    ...optional("sandbox", textOf(sandbox)),
    ...optional("socketPath", textOf(socketPath)),
    ...optional("pciID", textOf(pciID)),
  };
}

/** Never left out either: faults name addresses by their position. */
function looseIp(raw: unknown): CniIpConfig {
  const members = membersOf(raw);
  return {
    address: textOf(members.address) ?? textOf(members.ip) ?? "",
    ...optional("interface", integerOf(members.interface)),
    ...optional("gateway", textOf(members.gateway)),
  };
}

function looseRoute(raw: unknown): Route[] {
  const { dst, gw, mtu, advmss, priority, table, scope } = membersOf(raw);
  if (typeof dst !== "string") return [];
  return [{
    dst,
    ...optional("gw", textOf(gw)),
    ...optional("mtu", integerOf(mtu) || undefined),
    ...optional("advmss", integerOf(advmss) || undefined),
    ...optional("priority", integerOf(priority) || undefined),
    ...optional("table", integerOf(table)),
    ...optional("scope", integerOf(scope)),
  }];
}

function looseDns(raw: Members): CniDns {
  const texts = (list: unknown) =>
    listOf(list).filter((item) => typeof item === "string");
  return {
    nameservers: texts(raw.nameservers),
    search: texts(raw.search),
    options: texts(raw.options),
    ...optional("domain", textOf(raw.domain)),
  };
}

function listOf(raw: unknown): readonly unknown[] {
  return Array.isArray(raw) ? raw : [];
}

function textOf(raw: unknown): string | undefined {
  return typeof raw === "string" && raw !== "" ? raw : undefined;
}

function integerOf(raw: unknown): number | undefined {
  return Number.isSafeInteger(raw) ? raw as number : undefined;
}

function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [key in Key]?: Value } {
  return value === undefined ? {} : { [key]: value } as { [key in Key]: Value };
}
