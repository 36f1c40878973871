/**
 * The `firecracker` format: a part of its configuration file, and the bodies of
 * its API requests.
 *
 * Source: Firecracker's src/firecracker/swagger/firecracker.yaml, definitions
 * NetworkInterface and BootSource. Firecracker refuses unknown members.
 */
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { findLineLosses, mergeBootArgs } from "./boot_args.ts";
import { makeCompanion, makeJsonFile } from "./files.ts";
import type { Loss, RenderResult } from "./format.ts";
import { findIpLosses } from "./ip.ts";
import { buildIpParam } from "./ip_param.ts";
import { findLosses, makeLosses } from "./losses.ts";
import type { Nic } from "./nic.ts";
import type { FormatOptions } from "./format_table.ts";
import { invalidOption } from "./values.ts";
import { parseVmmNics } from "./vmm.ts";

/** Renders the `firecracker` format. */
export function render(
  confs: readonly StaticNetworkConf[],
  { bootArgs = "", firecrackerVersion }: FormatOptions<"firecracker"> = {},
): RenderResult {
  const nics = parseVmmNics(confs);
  const hasMtu = firecrackerVersion === undefined ||
    isAtLeast(FIRST_WITH_MTU, firecrackerVersion);
  const interfaces = describeInterfaces(nics, hasMtu);
  const boot = buildBootArgs(nics, bootArgs);
  return {
    files: [
      makeJsonFile("firecracker.json", {
        ...(boot.line && { "boot-source": { boot_args: boot.line } }),
        "network-interfaces": interfaces,
      }),
      ...interfaces.map((body) =>
        makeCompanion(
          makeJsonFile(`network-interfaces/${body.iface_id}.json`, body),
        )
      ),
    ],
    lost: [
      ...findLosses("firecracker", nics),
      ...(hasMtu ? [] : nics.flatMap((nic) => makeLosses(nic, ["mtu"], OLD))),
      ...boot.lost,
    ],
  };
}

const FIRST_WITH_MTU = [1, 16] as const;
const OLD = `Firecracker supports an MTU only since ${
  FIRST_WITH_MTU.join(".")
}`;

function isAtLeast(
  [major, minor]: readonly [number, number],
  version: string,
): boolean {
  const found = /^v?(\d{1,4})\.(\d{1,4})(?:\.\d{1,4})?$/.exec(version);
  if (found === null) {
    throw invalidOption(
      "firecrackerVersion",
      'a version such as "1.15"',
      version,
    );
  }
  const [foundMajor, foundMinor] = [Number(found[1]), Number(found[2])];
  return foundMajor > major || foundMajor === major && foundMinor >= minor;
}

function describeInterfaces(nics: readonly Nic[], hasMtu: boolean) {
  const ids = makeIds(nics);
  return nics.map(({ conf, index, mac, mtu }) => ({
    iface_id: ids[index] ?? "",
    host_dev_name: conf.tapName,
    ...(mac && { guest_mac: mac }),
    ...(hasMtu && { mtu }),
  }));
}

/** An id has letters, digits and `_`; no two interfaces have the same. */
function makeIds(nics: readonly Nic[]): string[] {
  const ids = nics.map(({ nameOrDefault }) =>
    nameOrDefault.replaceAll(/\W/g, "_")
  );
  return new Set(ids).size === ids.length
    ? ids
    : nics.map(({ index }) => `net${index}`);
}

/** What `ip=` says of the first network interface, and of no other. */
const IP_FIELDS = ["ifName", "ipv4", "routes", "nameservers"] as const;

/**
 * A guest may be told its network by other means: what `ip=` cannot express is
 * a loss here, and not an error as in the `ip` format.
 */
function buildBootArgs(
  nics: readonly Nic[],
  bootArgs: string,
): { readonly line: string; readonly lost: Loss[] } {
  const parameters: string[] = [];
  const lost = nics.flatMap((nic) => {
    if (nic.index > 0) {
      return makeLosses(
        nic,
        IP_FIELDS,
        "ip= configures one network interface",
      );
    }
    const built = buildIpParam(nic);
    if (typeof built !== "string") {
      const why = `ip= cannot express it: ${built.problem}`;
      return makeLosses(nic, IP_FIELDS, why, built.needed);
    }
    parameters.push(`ip=${built}`);
    return findIpLosses(nic);
  });
  const line = mergeBootArgs(bootArgs, parameters);
  return { line, lost: [...lost, ...findLineLosses(line)] };
}
