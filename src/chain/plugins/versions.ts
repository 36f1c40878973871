/** Which version of the specification the plugins of a network are called with. */
import type { NetworkConfig, PluginConfig } from "../../cni/network.ts";
import {
  ALL_VERSIONS,
  DEFAULT_VERSION,
  isVersion,
  NEWEST_VERSION,
  type Version,
} from "../../cni/versions.ts";
import { quote, VmConfError } from "../../errors.ts";
import { callPlugin } from "./call.ts";
import type { Context } from "../context.ts";
import { findPlugin, listIpamPlugins } from "./find_plugin.ts";
import { getCacheFolder } from "../state/cache_folder.ts";
import { readOwnJson, writeOwnJson } from "../state/own_files.ts";

/** The versions of plugins that have no VERSION command, as in libcni. */
const BEFORE_VERSION = [DEFAULT_VERSION];

/** Asks a plugin which versions it speaks. */
type Ask = (plugin: PluginConfig) => Promise<readonly string[]>;

/**
 * Selects the highest version that the configuration, vmconf and all plugins support.
 * The plugins are asked only if there is a choice; their answers are remembered until
 * a plugin's file changes.
 *
 * Source: CNI specification 1.1.0, section 1, "Version considerations".
 */
export async function negotiateVersion(
  context: Context,
  network: NetworkConfig,
): Promise<Version> {
  const known = selectKnownVersions(network);
  const [only] = known;
  if (known.length === 1 && only !== undefined) return only;
  const ask = (plugin: PluginConfig) =>
    recallVersions(context, network, plugin);
  return await findCommonVersion(network, known, ask);
}

/** The version that ADD recorded, if the configuration has it, or a negotiated one. */
export async function resolveVersion(
  context: Context,
  network: NetworkConfig,
  recorded: { readonly cniVersion?: string } = {},
): Promise<Version> {
  const { cniVersion = "" } = recorded;
  return isVersion(cniVersion) && network.cniVersions.includes(cniVersion)
    ? cniVersion
    : await negotiateVersion(context, network);
}

/**
 * Selects a version as {@linkcode negotiateVersion} does, but asks every plugin, also
 * those that other plugins run: they are given the same configuration.
 */
export async function negotiateWithAll(
  context: Context,
  network: NetworkConfig,
): Promise<Version> {
  const ask = (plugin: PluginConfig) => askVersions(context, network, plugin);
  const version = await findCommonVersion(
    network,
    selectKnownVersions(network),
    ask,
  );
  for (const plugin of listIpamPlugins(network)) {
    const versions = await ask(plugin);
    if (!versions.includes(version)) {
      throw unsupportedVersionError(
        network,
        describeVersions({ plugin, versions }),
      );
    }
  }
  return version;
}

function selectKnownVersions(network: NetworkConfig): Version[] {
  const known = network.cniVersions.filter(isVersion);
  if (known.length > 0) return known;
  throw unsupportedVersionError(
    network,
    `expected one of ${ALL_VERSIONS.join(", ")}`,
  );
}

async function findCommonVersion(
  network: NetworkConfig,
  known: readonly Version[],
  ask: Ask,
): Promise<Version> {
  const types = new Map(network.plugins.map((plugin) => [plugin.type, plugin]));
  const answers = await Promise.allSettled(
    [...types.values()].map(async (plugin) => ({
      plugin,
      versions: await ask(plugin),
    })),
  );
  // allSettled, so that no plugin is left running.
  const spoken = answers.map((answer) => {
    if (answer.status === "rejected") throw answer.reason;
    return answer.value;
  });
  const common = known.find((version) =>
    spoken.every(({ versions }) => versions.includes(version))
  );
  if (common !== undefined) return common;
  throw unsupportedVersionError(
    network,
    spoken.map(describeVersions).join("; "),
  );
}

function describeVersions(
  { plugin, versions }: {
    readonly plugin: PluginConfig;
    readonly versions: readonly string[];
  },
): string {
  return `plugin ${quote(plugin.type)} speaks ${versions.join(", ")}`;
}

function unsupportedVersionError(
  network: NetworkConfig,
  reason: string,
): VmConfError {
  return new VmConfError(
    "unsupported-version",
    `unsupported CNI version of network ${
      quote(network.name)
    }: ${reason}, found ${network.cniVersions.map(quote).join(", ")}`,
    { path: "network.cniVersion" },
  );
}

async function askVersions(
  context: Context,
  network: NetworkConfig,
  plugin: PluginConfig,
): Promise<readonly string[]> {
  const stdout = await callPlugin(context, {
    command: "VERSION",
    network,
    plugin,
    // Old plugins refuse empty variables.
    attachment: {
      containerID: "dummy",
      netNSPath: "dummy",
      ifName: "dummy",
      args: [],
      capabilityArgs: {},
    },
    cniVersion: NEWEST_VERSION,
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

/** Answers by the device, inode, time and size of the plugin's file. */
type Answers = Readonly<Record<string, readonly string[]>>;

const MOST_ANSWERS = 64;

async function recallVersions(
  context: Context,
  network: NetworkConfig,
  plugin: PluginConfig,
): Promise<readonly string[]> {
  const key = identifyFile(context, findPlugin(context, plugin));
  const known = readAnswers(context)[key];
  if (known !== undefined) return known;
  const versions = await askVersions(context, network, plugin);
  if (key === "") return versions;
  const others = Object.entries(readAnswers(context)).slice(1 - MOST_ANSWERS);
  const answers = Object.fromEntries([...others, [key, versions]]);
  try {
    const path = getAnswersPath(context);
    writeOwnJson(context, { path, value: answers, owner: "versions" });
  } catch {
    // The plugin is asked again next time.
  }
  return versions;
}

/** Empty if the file cannot be examined. */
function identifyFile({ system }: Context, path: string): string {
  try {
    const { dev, ino, mtime, size } = system.stat(path);
    return [dev, ino, mtime?.getTime(), size].join(":");
  } catch {
    return "";
  }
}

function getAnswersPath(context: Context): string {
  return `${getCacheFolder(context, "own")}/versions`;
}

function readAnswers(context: Context): Answers {
  const content = readOwnJson(context.system, getAnswersPath(context));
  const answers: unknown = content.kind === "json" ? content.value : {};
  return Object.fromEntries(Object.entries(Object(answers)).filter(isAnswer));
}

function isAnswer(
  entry: [string, unknown],
): entry is [string, readonly string[]] {
  const [, versions] = entry;
  return Array.isArray(versions) &&
    versions.every((version) => typeof version === "string");
}
