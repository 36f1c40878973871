/**
 * The `firecracker` format: a part of its configuration file, and the bodies of
 * its API's requests.
 *
 * Source: Firecracker's src/firecracker/swagger/firecracker.yaml, definitions
 * NetworkInterface and BootSource; it refuses members that it does not know.
 */
import { quote, VmConfError } from "../errors.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { lineLosses, mergeBootArgs } from "./boot_args.ts";
import { companion, jsonFile } from "./files.ts";
import type { Loss, RenderResult } from "./format.ts";
import { ipPartLosses, parameterOf } from "./ip.ts";
import { leftOut, lossesOf } from "./losses.ts";
import type { Nic } from "./nic.ts";
import { vmmNicsOf } from "./vmm.ts";
import type { FormatOptions } from "./table.ts";

/** Renders the `firecracker` format. */
export function render(
  confs: readonly StaticNetworkConf[],
  { bootArgs = "", firecrackerVersion }: FormatOptions<"firecracker"> = {},
): RenderResult {
  const nics = vmmNicsOf(confs);
  const takesMtu = firecrackerVersion === undefined ||
    isAtLeast(FIRST_WITH_MTU, firecrackerVersion);
  const interfaces = interfacesOf(nics, takesMtu);
  const boot = bootOf(nics, bootArgs);
  return {
    files: [
      jsonFile("firecracker.json", {
        ...(boot.line && { "boot-source": { boot_args: boot.line } }),
        "network-interfaces": interfaces,
      }),
      ...interfaces.map((body) =>
        companion(jsonFile(`network-interfaces/${body.iface_id}.json`, body))
      ),
    ],
    lost: [
      ...lossesOf("firecracker", nics),
      ...(takesMtu ? [] : nics.flatMap((nic) => leftOut(nic, ["mtu"], OLD))),
      ...boot.lost,
    ],
  };
}

const FIRST_WITH_MTU = [1, 16] as const;
const OLD = `Firecracker takes an MTU since ${FIRST_WITH_MTU.join(".")} only`;

function isAtLeast(
  [major, minor]: readonly [number, number],
  version: string,
): boolean {
  const found = /^v?(\d{1,4})\.(\d{1,4})(?:\.\d{1,4})?$/.exec(version);
  if (found === null) {
    throw new VmConfError(
      "invalid-option",
      `options.firecrackerVersion: expected a version such as "1.15", found ${
        quote(version)
      }`,
      { path: "options.firecrackerVersion" },
    );
  }
  const [foundMajor, foundMinor] = [Number(found[1]), Number(found[2])];
  return foundMajor > major || foundMajor === major && foundMinor >= minor;
}

interface NetworkInterface {
  readonly iface_id: string;
  readonly host_dev_name: string;
  readonly guest_mac?: string;
  readonly mtu?: number;
}

function interfacesOf(
  nics: readonly Nic[],
  takesMtu: boolean,
): NetworkInterface[] {
  const ids = idsOf(nics);
  return nics.map(({ conf, index, mac, mtu }) => ({
    iface_id: ids[index] ?? "",
    host_dev_name: conf.tapName,
    ...(mac && { guest_mac: mac }),
    ...(takesMtu && { mtu }),
  }));
}

/** Firecracker takes letters, digits and `_`, and each id once. */
function idsOf(nics: readonly Nic[]): string[] {
  const ids = nics.map(({ nameOrDefault }) =>
    nameOrDefault.replaceAll(/\W/g, "_")
  );
  return new Set(ids).size === ids.length
    ? ids
    : nics.map(({ index }) => `net${index}`);
}

/** What `ip=` carries of the first network interface, and of no other. */
const BY_IP = ["ifName", "ipv4", "routes", "nameservers"] as const;

/**
 * A guest may be told its network by other means, so that what `ip=` cannot say
 * is lost, and not an error as in the `ip` format.
 */
function bootOf(
  nics: readonly Nic[],
  bootArgs: string,
): { readonly line: string; readonly lost: Loss[] } {
  const parameters: string[] = [];
  const lost = nics.flatMap((nic) => {
    const parameter = nic.index === 0
      ? parameterOrWhy(nic)
      : { why: "ip= configures one network interface" };
    if ("why" in parameter) return leftOut(nic, BY_IP, parameter.why);
    parameters.push(parameter.text);
    return ipPartLosses(nic);
  });
  const line = mergeBootArgs(bootArgs, parameters);
  return { line, lost: [...lost, ...lineLosses(line)] };
}

function parameterOrWhy(nic: Nic): { text: string } | { why: string } {
  try {
    return { text: parameterOf(nic) };
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    const { code, message, path = "" } = error;
    if (code !== "not-representable") throw error;
    const reason = message.slice(`${path}: `.length);
    return { why: `ip= cannot say it: ${reason}` };
  }
}
