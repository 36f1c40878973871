/** Result → the JSON text that a plugin prints after ADD, in any version. */
import type { CniDns, CniIpConfig, CniResult, Route } from "./result.ts";
import type { Version } from "./versions.ts";

type Json = Readonly<Record<string, unknown>>;

/** How a result's members are written in each version. */
const WRITERS: Readonly<Record<Version, (result: CniResult) => Json>> = {
  "0.1.0": writeLegacy,
  "0.2.0": writeLegacy,
  "0.3.0": writeMiddle,
  "0.3.1": writeMiddle,
  "0.4.0": writeMiddle,
  "1.0.0": writeCurrent,
  "1.1.0": writeCurrent,
};

/**
 * Prints a CNI result in a version of the specification.
 *
 * From 1.0.0 on nothing is lost. 0.3.0 to 0.4.0 have no `mtu`, `socketPath` and
 * `pciID` of interfaces. 0.1.0 and 0.2.0 have no interfaces, one address of each
 * family, and no routes of a family that has no address. The attributes of
 * routes are printed in every version, as libcni does; readers ignore those that
 * they do not know.
 *
 * Source: CNI specification 1.1.0, section 5, "ADD Success", and its history.
 */
export function printResult(result: CniResult, cniVersion: Version): string {
  const written = { cniVersion, ...WRITERS[cniVersion](result) };
  return `${JSON.stringify(written, null, INDENT)}\n`;
}

/** As the reference plugins indent. */
const INDENT = 4;

function writeCurrent({ interfaces, ips, routes, dns }: CniResult): Json {
  return {
    interfaces: unlessEmpty(interfaces),
    ips: unlessEmpty(ips),
    routes: unlessEmpty(routes),
    dns: writeDns(dns),
  };
}

function writeMiddle(result: CniResult): Json {
  return writeCurrent({
    ...result,
    interfaces: result.interfaces.map(({ name, mac, sandbox }) => ({
      name,
      mac,
      sandbox,
    })),
    ips: result.ips.map((ip) => ({ version: familyOf(ip.address), ...ip })),
  });
}

function writeLegacy({ ips, routes, dns }: CniResult): Json {
  return {
    ip4: writeLegacyIp("4", ips, routes),
    ip6: writeLegacyIp("6", ips, routes),
    dns: writeDns(dns),
  };
}

function writeLegacyIp(
  family: Family,
  ips: readonly CniIpConfig[],
  routes: readonly Route[],
): Json | undefined {
  const config = ips.find(({ address }) => familyOf(address) === family);
  if (config === undefined) return undefined;
  const ofFamily = routes.filter(({ dst }) => familyOf(dst) === family);
  return {
    ip: config.address,
    gateway: config.gateway,
    routes: unlessEmpty(ofFamily),
  };
}

function writeDns(dns: CniDns): Json | undefined {
  const written = {
    nameservers: unlessEmpty(dns.nameservers),
    domain: dns.domain,
    search: unlessEmpty(dns.search),
    options: unlessEmpty(dns.options),
  };
  const isEmpty = Object.values(written).every((value) => value === undefined);
  return isEmpty ? undefined : written;
}

type Family = "4" | "6";

function familyOf(cidr: string): Family {
  return cidr.includes(":") ? "6" : "4";
}

/** Of a list without elements nothing is written. */
function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
