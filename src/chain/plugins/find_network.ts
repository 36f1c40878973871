/** Finds and reads network configurations. */
import {
  isTrue,
  type NetworkConfig,
  parseNetworkConfig,
} from "../../cni/network.ts";
import {
  quote,
  requireVmConfError,
  rewordError,
  VmConfError,
} from "../../errors.ts";
import { isCniName } from "../../names.ts";
import { type Context, emitNote, requireReadPermission } from "../context.ts";
import {
  type AttachmentRequest,
  invalidAttachmentError,
  type RequestedAttachment,
  resolveNetnsPath,
  validateAttachment,
  validateContainerID,
} from "../request.ts";
import { CONFIG_FILE, readSmallFile } from "../state/own_files.ts";
import { type AttachmentRecord, decodeConfig } from "../state/records.ts";
import { describeSystemError, isAbsent } from "../system.ts";

/** A file that may be a network configuration. */
interface Candidate {
  readonly path: string;
  /** The network, or what is wrong with the file. */
  readonly network: NetworkConfig | VmConfError;
  /** The name in the file, even if the rest is faulty. */
  readonly name: unknown;
}

/** Lists come before single plugins, as in libcni. */
const EXTENSIONS: readonly (readonly string[])[] = [
  [".conflist"],
  [".conf", ".json"],
];

/** Folder by folder, in the order of the files' names: the first one wins. */
export function findNetwork(context: Context, name: string): NetworkConfig {
  const faulty: string[] = [];
  const others: string[] = [];
  for (const candidate of readCandidates(context)) {
    const { path, network } = candidate;
    if (!(network instanceof VmConfError)) {
      if (network.name === name) return network;
      others.push(network.name);
    } else if (candidate.name === name) {
      throw addPath(path, network);
    } else {
      faulty.push(`${quote(path)}: ${network.message.split("\n", 1)[0]}`);
    }
  }
  const [fault] = faulty;
  throw new VmConfError(
    "no-network",
    `no net configuration with name ${quote(name)} in ${
      context.confDirs.join(":")
    }`,
    {
      hint: `Configured networks: ${others.map(quote).join(", ") || "none"}.${
        fault === undefined ? "" : ` A file that could not be read: ${fault}.`
      }`,
    },
  );
}

export function findNetworks(context: Context): NetworkConfig[] {
  const found = new Map<string, NetworkConfig>();
  for (const { path, network } of readCandidates(context)) {
    if (network instanceof VmConfError) {
      emitNote(context, `ignored: ${addPath(path, network).message}`);
    } else if (!found.has(network.name)) found.set(network.name, network);
  }
  return [...found.values()];
}

function* readCandidates(context: Context): Generator<Candidate> {
  for (const folder of context.confDirs) {
    for (const extensions of EXTENSIONS) {
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
  let name: unknown;
  try {
    const text = readConfigFile(context, path);
    const members = parseJsonOrNothing(text);
    name = members.name;
    const isName = typeof name === "string" && isCniName(name);
    const more = isName && !isTrue(members.loadOnlyInlinedPlugins)
      ? readPluginFiles(context, `${folder}/${name}`)
      : [];
    return { path, network: parseNetworkConfig(text, more), name };
  } catch (error) {
    return { path, network: requireVmConfError(error), name };
  }
}

/** Finds the requested networks, and validates each attachment. */
export function resolveAttachments(
  context: Context,
  request: AttachmentRequest,
): RequestedAttachment[] {
  const { containerID, networks = [], ifNames = [], args = [] } = request;
  const { capabilityArgs = {} } = request;
  validateContainerID(containerID);
  const netNSPath = resolveNetnsPath(request);
  const requested = networks.map((network, index) => {
    const ifName = ifNames[index] ?? `eth${index}`;
    const attachment = { containerID, netNSPath, ifName, args, capabilityArgs };
    validateAttachment(attachment);
    return { network: resolveNetwork(context, network), attachment };
  });
  const names = requested.map(({ attachment }) => attachment.ifName);
  if (new Set(names).size < names.length) {
    throw invalidAttachmentError(
      "ifNames",
      "a different name for each interface",
      names.map(quote).join(", "),
    );
  }
  return requested;
}

export function resolveNetwork(
  context: Context,
  network: string | NetworkConfig,
): NetworkConfig {
  return typeof network === "string" ? findNetwork(context, network) : network;
}

/**
 * Parses the network as it was when a container was added to it. libcni does not
 * record the plugins from the network's own folder.
 */
export function parseRecordedNetwork(
  context: Context,
  record: Pick<AttachmentRecord, "networkName" | "config" | "isOurs">,
): NetworkConfig {
  const { networkName, isOurs } = record;
  const more = isOurs ? [] : readFolderPlugins(context, networkName);
  const network = parseNetworkConfig(decodeConfig(record), more);
  if (network.name === networkName) return network;
  throw new VmConfError(
    "invalid-network",
    `network.name: expected ${
      quote(networkName)
    }, the network of the record, found ${quote(network.name)}`,
    { path: "network.name" },
  );
}

/** The plugins of a network in the first configuration folder that has some. */
function readFolderPlugins(context: Context, name: string): string[] {
  const folders = context.confDirs.map((folder) =>
    readPluginFiles(context, `${folder}/${name}`)
  );
  return folders.find((plugins) => plugins.length > 0) ?? [];
}

/**
 * Reads JSON texts, in the order of the files' names, as libcni 1.3 does.
 *
 * Source: CNI specification 1.1.0, section 1, `loadOnlyInlinedPlugins`.
 */
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

/** For a first look: parseNetworkConfig reports the faults. */
function parseJsonOrNothing(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function addPath(path: string, error: VmConfError): VmConfError {
  const message = error.message.split("\n").map((line) =>
    line.includes(path) ? line : `${quote(path)}: ${line}`
  ).join("\n");
  return rewordError(error, message);
}

/** In the order of their names; a missing folder has none. */
function listConfigFiles(
  { system }: Context,
  folder: string,
  extensions: readonly string[],
): string[] {
  requireReadPermission(folder);
  try {
    return system.readDir(folder)
      .filter((name) => extensions.some((it) => name.endsWith(it)))
      .sort()
      .map((name) => `${folder}/${name}`)
      .filter((path) => !isFolder(() => system.stat(path)));
  } catch (error) {
    if (isAbsent(error)) return [];
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
    // Reading it reports what is wrong with it.
    return false;
  }
}
