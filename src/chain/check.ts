/** Are attachments as ADD left them, and are networks ready for more? */
import type { NetworkConfig } from "../cni/network.ts";
import { hasFeature, isVersion } from "../cni/versions.ts";
import { quote, VmConfError } from "../errors.ts";
import { callPlugin, convertResult, type RawResult } from "./plugins/call.ts";
import {
  type ChainOptions,
  type Context,
  createContext,
  requirePermission,
} from "./context.ts";
import { selectRecords, withContainerLocks } from "./detach.ts";
import {
  findNetworks,
  parseRecordedNetwork,
  requirePlugins,
} from "./plugins/find.ts";
import {
  createCacheFolders,
  requireCachePermission,
} from "./state/own_files.ts";
import {
  type AttachmentRecord,
  decodeConfig,
  readRecords,
  splitRecordName,
} from "./state/records.ts";
import {
  type AttachmentRequest,
  getNetworkName,
  type RequestedAttachment,
  resolveNetnsPath,
  resolveNetwork,
  validateContainerID,
} from "./request.ts";
import { completeNetnsPath, resolveUnusableRecord } from "./unrecorded.ts";
import { negotiateVersion, negotiateWithAll } from "./plugins/versions.ts";

/**
 * Checks that a container's attachments are as ADD left them.
 *
 * @param request The container.
 * @param options Folders and limits.
 * @throws {VmConfError} `not-added` if it is not attached to a network;
 * `uncertain` if neither its record nor the request names its namespace;
 * `plugin-failed` with what the plugin found, and others as
 * {@linkcode addNetworks}.
 *
 * @example Usage
 * ```ts
 * import { checkNetworks } from "@cni/vmconf/chain";
 *
 * const check = (containerID: string) => checkNetworks({ containerID });
 * ```
 *
 * Source: CNI specification 1.1.0, section 3, "Checking an attachment".
 */
export async function checkNetworks(
  request: AttachmentRequest,
  options: ChainOptions = {},
): Promise<void> {
  await check(createContext(options), request);
}

/** Does what {@linkcode checkNetworks} does. */
export async function check(
  context: Context,
  request: AttachmentRequest,
): Promise<void> {
  validateContainerID(request.containerID);
  resolveNetnsPath(request);
  requireCachePermission(context);
  createCacheFolders(context);
  await withContainerLocks(context, request, async (context, records) => {
    const own = selectRecords(records, request);
    const unfinished = own.find(({ isComplete }) => !isComplete);
    if (unfinished !== undefined) throw incompleteError(unfinished);
    const added = [
      ...own
        .map((record) =>
          resolveRecord(context, completeNetnsPath(context, request, record))
        ),
      ...records.unusable.filter(({ kind }) => kind === "legacy").flatMap((
        record,
      ) =>
        resolveUnusableRecord(context, request, record)
          .map((wanted): Added => ({ ...wanted, result: record.result }))
      ),
    ];
    const missing = (request.networks ?? [undefined]).find((asked) =>
      !added.some(({ network }) =>
        asked === undefined || network.name === getNetworkName(asked)
      )
    );
    if (added.length === 0 || missing !== undefined) {
      throw notAddedError(
        request.containerID,
        missing && getNetworkName(missing),
      );
    }
    for (const it of added) await checkAttachment(context, it);
  });
}

/** An attachment, and what ADD gave. */
interface Added extends RequestedAttachment {
  readonly cniVersion?: string;
  readonly result?: RawResult;
}

function resolveRecord(context: Context, record: AttachmentRecord): Added {
  const { attachment, isOurs, networkName, result, cniVersion } = record;
  const network = parseRecordedNetwork(context, {
    networkName,
    config: decodeConfig(record),
    isWhole: isOurs,
  });
  return { network, attachment, cniVersion, result };
}

async function checkAttachment(
  context: Context,
  { network, attachment, result, ...noted }: Added,
): Promise<void> {
  const cniVersion = noted.cniVersion !== undefined &&
      isVersion(noted.cniVersion)
    ? noted.cniVersion
    : await negotiateVersion(context, network);
  if (!hasFeature(cniVersion, "CHECK")) {
    throw new VmConfError(
      "unsupported-version",
      `configuration version "${cniVersion}" does not support the CHECK command`,
      { hint: "CHECK came with CNI 0.4.0." },
    );
  }
  if (network.disableCheck) return;
  const prevResult = result && convertResult(result, cniVersion);
  for (const plugin of network.plugins) {
    await callPlugin(context, {
      command: "CHECK",
      network,
      plugin,
      attachment,
      insertions: { cniVersion, prevResult },
    });
  }
}

/**
 * Reads the result of a container's ADD, made here or by Go's libcni.
 *
 * @param network The network's name.
 * @param containerID The container's id.
 * @param options The cache folder.
 * @returns The results, as they were printed: one for each interface.
 * @throws {VmConfError} `not-added`, `not-granted`, `cache-failed`.
 *
 * @example Usage
 * ```ts
 * import { readCachedResults } from "@cni/vmconf/chain";
 *
 * const ofVm = (id: string) => readCachedResults("mynet", id);
 * ```
 */
export function readCachedResults(
  network: string,
  containerID: string,
  options: Pick<ChainOptions, "cacheDir"> = {},
): RawResult[] {
  const context = createContext({ binDirs: [], confDirs: [], ...options });
  validateContainerID(containerID);
  requirePermission(
    { name: "read", path: context.cacheDir },
    `to read ${context.cacheDir}`,
    `--allow-read=${context.cacheDir}`,
  );
  const request = { containerID, networks: [network] };
  const records = readRecords(context);
  const legacy = records.unusable.filter(({ fileName, kind }) =>
    kind === "legacy" &&
    splitRecordName(fileName, containerID).some((it) => it.network === network)
  );
  const complete = selectRecords(records, request)
    .filter(({ isComplete }) => isComplete);
  const results = [...complete, ...legacy]
    .flatMap(({ result }) => result ?? []);
  if (results.length === 0) throw notAddedError(containerID, network);
  return results;
}

function incompleteError(
  { networkName, attachment: { containerID } }: AttachmentRecord,
): VmConfError {
  return new VmConfError(
    "not-added",
    `Cannot check container ${quote(containerID)}: its attachment to network ${
      quote(networkName)
    } is not complete, as add or del did not come to its end`,
    {
      hint:
        `\`vmconf del --id ${containerID}\` deletes what is there of it; \`vmconf add\` then adds it.`,
    },
  );
}

function notAddedError(containerID: string, network?: string): VmConfError {
  return new VmConfError(
    "not-added",
    `Cannot check container ${quote(containerID)}: expected it to be added to ${
      network === undefined ? "a network" : `network ${quote(network)}`
    }, found no result of that`,
    {
      hint:
        `\`vmconf add NETWORK --id ${containerID}\` adds it; \`vmconf list --id ${containerID}\` shows what is recorded of it.`,
    },
  );
}

/** A network that is ready. */
export interface ReadyNetwork {
  /** The network's name. */
  readonly network: string;
  /** The version that is spoken with its plugins. */
  readonly cniVersion: string;
  /** The plugins' names, in order. */
  readonly plugins: readonly string[];
}

/**
 * Asks whether containers can be added to a network: whether its plugins are
 * there, and those that they run for addresses; whether they have a version in
 * common with the configuration; and, since CNI 1.1, whether they say that they
 * are ready.
 *
 * @param network The network's name, or the network.
 * @param options Folders and limits.
 * @returns The network.
 * @throws {VmConfError} `plugin-failed` with why a plugin is not ready, and
 * others as {@linkcode addNetworks}.
 *
 * @example Usage
 * ```ts
 * import { queryNetworkStatus } from "@cni/vmconf/chain";
 *
 * const isReady = (network: string) =>
 *   queryNetworkStatus(network).then(() => true, () => false);
 * ```
 *
 * Source: CNI specification 1.1.0, section 2, "STATUS".
 */
export async function queryNetworkStatus(
  network: string | NetworkConfig,
  options: ChainOptions = {},
): Promise<ReadyNetwork> {
  const context = createContext(options);
  const found = resolveNetwork(context, network);
  requirePlugins(context, found);
  const cniVersion = await negotiateWithAll(context, found);
  if (hasFeature(cniVersion, "STATUS")) {
    for (const plugin of found.plugins) {
      await callPlugin(context, {
        command: "STATUS",
        network: found,
        plugin,
        insertions: { cniVersion },
      });
    }
  }
  const plugins = found.plugins.map(({ type }) => type);
  return { network: found.name, cniVersion, plugins };
}

/**
 * Lists the names of all networks that are configured.
 *
 * @param options Folders.
 * @returns The names, in the order of the files.
 * @throws {VmConfError} `not-granted`
 *
 * @example Usage
 * ```ts
 * import { listNetworkNames } from "@cni/vmconf/chain";
 *
 * const names = () => listNetworkNames({ confDirs: ["/etc/cni/net.d"] });
 * ```
 */
export function listNetworkNames(options: ChainOptions = {}): string[] {
  return findNetworks(createContext(options)).map(({ name }) => name);
}
