/** Which version of the specification is spoken with the plugins of a network. */
import {
  compareVersions,
  type Network,
  type PluginConfig,
} from "../cni/network.ts";
import { VERSIONS } from "../cni/versions.ts";
import { quote, VmConfError } from "../errors.ts";
import { callPlugin } from "./call.ts";
import type { Context } from "./context.ts";

/** The newest version that is spoken here. */
const NEWEST = "1.1.0";

/** What plugins that know no VERSION speak, as in Go's libcni. */
const BEFORE_VERSION = ["0.1.0"];

/**
 * Selects the version: the highest that the configuration is written for, that
 * is known here, and that all plugins speak. The plugins are asked only where
 * there is a choice.
 *
 * @param context Folders and limits.
 * @param network The network.
 * @returns The version.
 * @throws {VmConfError} `unsupported-version` if there is none.
 *
 * Source: CNI specification 1.1.0, section 1, "Version considerations".
 */
export async function negotiate(
  context: Context,
  network: Network,
): Promise<string> {
  const known = network.cniVersions.filter((version) =>
    Object.hasOwn(VERSIONS, version)
  );
  const [highest] = known;
  if (highest === undefined) {
    throw unsupported(
      network,
      `expected one of ${Object.keys(VERSIONS).join(", ")}`,
    );
  }
  if (known.length === 1) return highest;
  const types = new Map(network.plugins.map((plugin) => [plugin.type, plugin]));
  const spoken = await Promise.all(
    [...types.values()].map(async (plugin) => ({
      plugin,
      versions: await versionsOf(context, network, plugin),
    })),
  );
  const common = known.find((version) =>
    spoken.every(({ versions }) => versions.includes(version))
  );
  if (common !== undefined) return common;
  throw unsupported(
    network,
    spoken.map(({ plugin, versions }) =>
      `plugin ${quote(plugin.type)} speaks ${versions.join(", ")}`
    ).join("; "),
  );
}

function unsupported(network: Network, reason: string): VmConfError {
  return new VmConfError(
    "unsupported-version",
    `unsupported CNI version of network ${
      quote(network.name)
    }: ${reason}, found ${network.cniVersions.map(quote).join(", ")}`,
    { path: "network.cniVersion" },
  );
}

async function versionsOf(
  context: Context,
  network: Network,
  plugin: PluginConfig,
): Promise<readonly string[]> {
  const stdout = await callPlugin(context, {
    command: "VERSION",
    network,
    plugin,
    // Plugins that were built long ago refuse empty variables.
    attachment: {
      containerID: "dummy",
      netNSPath: "dummy",
      ifName: "dummy",
      args: [],
      capabilityArgs: {},
    },
    insertions: { cniVersion: NEWEST },
  }).catch((error) => {
    if (/unknown CNI_COMMAND: VERSION/.test(String(error))) return "";
    throw error;
  });
  if (stdout === "") return BEFORE_VERSION;
  try {
    const { supportedVersions } = Object(JSON.parse(stdout));
    return [...supportedVersions].map(String);
  } catch (cause) {
    throw new VmConfError(
      "plugin-failed",
      `plugin type=${
        quote(plugin.type)
      } failed (version): expected supportedVersions, found ${
        quote(stdout.slice(0, 200))
      }`,
      { cause },
    );
  }
}

/**
 * Tells whether a version has a command.
 *
 * @param version The version that is spoken.
 * @param since The version that brought the command.
 * @returns Whether it has it.
 */
export function isSince(version: string, since: string): boolean {
  return compareVersions(version, since) >= 0;
}
