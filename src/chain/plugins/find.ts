/** Finding network configurations and the executables of plugins. */
import {
  isTrue,
  NAME,
  type NetworkConfig,
  parseNetworkConfig,
  type PluginConfig,
} from "../../cni/network.ts";
import { quote, VmConfError } from "../../errors.ts";
import { type Context, emitNote, requirePermission } from "../context.ts";
import { CONFIG_FILE, readSmallFile } from "../state/own_files.ts";
import { describeSystemError, getErrnoName } from "../system.ts";

/** A file that may be a network configuration, read. */
interface Candidate {
  readonly path: string;
  /** The network, or what is wrong with the file. */
  readonly network: NetworkConfig | VmConfError;
  /** The name that it claims to have, even if it is faulty. */
  readonly claimed: unknown;
}

/** Lists come before single plugins, whatever their names, as in libcni. */
const KINDS: readonly (readonly string[])[] = [
  [".conflist"],
  [".conf", ".json"],
];

/**
 * Finds a network by its name: the first file that has it, folder by folder, in
 * the order of the files' names.
 */
export function findNetwork(context: Context, name: string): NetworkConfig {
  const strays: string[] = [];
  const names: string[] = [];
  for (const { path, network, claimed } of readCandidates(context)) {
    if (!(network instanceof VmConfError)) {
      if (network.name === name) return network;
      names.push(network.name);
    } else if (claimed === name) {
      throw addPath(path, network);
    } else {
      strays.push(`${quote(path)}: ${network.message.split("\n", 1)[0]}`);
    }
  }
  const [stray] = strays;
  const known = names.length === 0 ? "none" : names.map(quote).join(", ");
  throw new VmConfError(
    "no-network",
    `no net configuration with name ${quote(name)} in ${
      context.confDirs.join(":")
    }`,
    {
      hint: `Networks that are there: ${known}.${
        stray === undefined ? "" : ` A file that could not be read: ${stray}.`
      }`,
    },
  );
}

/** Finds all networks. */
export function findNetworks(context: Context): NetworkConfig[] {
  const found = new Map<string, NetworkConfig>();
  for (const { path, network } of readCandidates(context)) {
    if (network instanceof VmConfError) {
      emitNote(context, `left out: ${addPath(path, network).message}`);
    } else if (!found.has(network.name)) found.set(network.name, network);
  }
  return [...found.values()];
}

function* readCandidates(context: Context): Generator<Candidate> {
  for (const folder of context.confDirs) {
    for (const extensions of KINDS) {
      for (const path of listConfigFiles(context, folder, extensions)) {
        yield readCandidate(context, folder, path);
      }
    }
  }
}

function readCandidate(
  context: Context,
  folder: string,
  path: string,
): Candidate {
  let claimed: unknown;
  try {
    const text = readConfigFile(context, path);
    const { name, loadOnlyInlinedPlugins } = Object(jsonIn(text));
    claimed = name;
    const isName = typeof name === "string" && NAME.test(name);
    const more = isName && !isTrue(loadOnlyInlinedPlugins)
      ? readPluginFiles(context, `${folder}/${name}`)
      : [];
    return { path, network: parseNetworkConfig(text, more), claimed };
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    return { path, network: error, claimed };
  }
}

/**
 * The plugins that a network has in its own folder, as libcni 1.3 reads them: JSON
 * texts, in the order of the files' names.
 *
 * Source: CNI specification 1.1.0, section 1, `loadOnlyInlinedPlugins`.
 */
function readFolderPlugins(context: Context, name: string): string[] {
  const folders = context.confDirs.map((folder) =>
    readPluginFiles(context, `${folder}/${name}`)
  );
  return folders.find((plugins) => plugins.length > 0) ?? [];
}

/** The network as it was when a container was added to it. */
export interface RecordedConfig {
  readonly networkName: string;
  /** JSON text. */
  readonly config: string;
  /** Whether that text has all plugins, those too from the network's folder. */
  readonly isWhole: boolean;
}

/** Reads the network that a record holds. */
export function parseRecordedNetwork(
  context: Context,
  { networkName, config, isWhole }: RecordedConfig,
): NetworkConfig {
  const more = isWhole ? [] : readFolderPlugins(context, networkName);
  const network = parseNetworkConfig(config, more);
  if (network.name === networkName) return network;
  throw new VmConfError(
    "invalid-network",
    `network.name: expected ${
      quote(networkName)
    }, of which the record is, found ${quote(network.name)}`,
    { path: "network.name" },
  );
}

function readPluginFiles(context: Context, folder: string): string[] {
  return listConfigFiles(context, folder, [".conf"])
    .map((path) => readConfigFile(context, path));
}

function readConfigFile({ system }: Context, path: string): string {
  const content = readSmallFile(system, path, CONFIG_FILE);
  if (content.kind === "text") return content.text;
  const reason = content.kind === "absent" ? "it is gone" : content.reason;
  throw new VmConfError("no-network", `Cannot read ${quote(path)}: ${reason}`);
}

/** For a first look at a text that is checked afterwards. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function addPath(path: string, error: VmConfError): VmConfError {
  const message = error.message.split("\n").map((line) =>
    line.includes(path) ? line : `${quote(path)}: ${line}`
  ).join("\n");
  return new VmConfError(error.code, message, {
    path: error.path,
    hint: error.hint,
    cause: error,
  });
}

/** In the order of their names; a folder that is not there has none. */
function listConfigFiles(
  { system }: Context,
  folder: string,
  extensions: readonly string[],
): string[] {
  requirePermission(
    { name: "read", path: folder },
    `to read ${folder}`,
    `--allow-read=${folder}`,
  );
  try {
    return system.readDir(folder)
      .filter((name) => extensions.some((it) => name.endsWith(it)))
      .sort()
      .map((name) => `${folder}/${name}`)
      .filter((path) => !isFolder(() => system.stat(path)));
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(getErrnoName(error))) return [];
    throw new VmConfError(
      "no-network",
      `Cannot read ${quote(folder)}: ${describeSystemError(error)}`,
      { cause: error },
    );
  }
}

function isFolder(stat: () => Deno.FileInfo): boolean {
  try {
    return stat().isDirectory;
  } catch {
    // What is wrong with it is said when it is read.
    return false;
  }
}

/** Finds a plugin's executable: in the first plugin folder that has it. */
export function findPlugin(context: Context, { type }: PluginConfig): string {
  const path = locatePlugin(context, type);
  requirePermission(
    { name: "run", command: path },
    `to run ${path}`,
    `--allow-run=${path}`,
  );
  return path;
}

/**
 * Makes sure that all plugins of a network are there, those too that other
 * plugins run.
 */
export function requirePlugins(
  context: Context,
  network: NetworkConfig,
): void {
  for (const plugin of network.plugins) findPlugin(context, plugin);
  for (const { type } of listIpamPlugins(network)) locatePlugin(context, type);
}

/** Lists the plugins that other plugins of a network run for addresses. */
export function listIpamPlugins({ plugins }: NetworkConfig): PluginConfig[] {
  return plugins.flatMap(({ ipam }) => {
    const { type } = Object(ipam);
    return typeof type === "string" && type !== "" ? [{ type }] : [];
  });
}

function locatePlugin({ binDirs, system }: Context, type: string): string {
  for (const folder of binDirs) {
    requirePermission(
      { name: "read", path: folder },
      `to read ${folder}`,
      `--allow-read=${folder}`,
    );
    const path = `${folder}/${type}`;
    try {
      const { isFile, mode } = system.stat(path);
      if (isFile && ((mode ?? 0) & 0o111) !== 0) return path;
    } catch (error) {
      const isAbsent = ["ENOENT", "ENOTDIR", "EACCES", "ELOOP"];
      if (isAbsent.includes(getErrnoName(error))) continue;
      throw new VmConfError(
        "no-plugin",
        `failed to find plugin ${quote(type)}: cannot examine ${quote(path)}: ${
          describeSystemError(error)
        }`,
        { cause: error },
      );
    }
  }
  throw new VmConfError(
    "no-plugin",
    `failed to find plugin ${quote(type)} in path [${binDirs.join(" ")}]`,
    {
      hint:
        "Install it (Debian, Ubuntu: apt install containernetworking-plugins; Fedora, RHEL: dnf install containernetworking-plugins), or name its folder with --bin-dir DIR (in code: options.binDirs).",
    },
  );
}
