/** Checking a container's attachments, and reading their results again. */
import { quote, VmConfError } from "../errors.ts";
import { checkContainerID } from "./attachment.ts";
import type { RawResult } from "./call.ts";
import { versionOf } from "./container.ts";
import { type ChainOptions, contextOf, mustBeGranted } from "./context.ts";
import { checkChain } from "./operations.ts";
import { listRecords } from "./records.ts";
import { type AttachedRequest, nameOf, withRecords } from "./requests.ts";

/**
 * Checks that a container's attachments are as ADD left them.
 *
 * @param request The container.
 * @param options Folders and limits.
 * @throws {VmConfError} `not-added` if it is not attached to a network;
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
  request: AttachedRequest,
  options: ChainOptions = {},
): Promise<void> {
  await withRecords(request, options, async (context, all) => {
    const records = all.filter(({ isComplete }) => isComplete);
    const missing = (request.networks ?? [undefined]).find((network) =>
      !records.some((record) =>
        network === undefined || record.network.name === nameOf(network)
      )
    );
    if (records.length === 0 || missing !== undefined) {
      throw notAdded(request.containerID, missing && nameOf(missing));
    }
    for (const record of records) {
      const cniVersion = await versionOf(context, record);
      await checkChain(context, { ...record, cniVersion });
    }
  });
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
 * import { cachedResults } from "@cni/vmconf/chain";
 *
 * const ofVm = (id: string) => cachedResults("mynet", id);
 * ```
 */
export function cachedResults(
  network: string,
  containerID: string,
  options: Pick<ChainOptions, "cacheDir"> = {},
): RawResult[] {
  const context = contextOf({ binDirs: [], confDirs: [], ...options });
  checkContainerID(containerID);
  mustBeGranted(
    { name: "read", path: context.cacheDir },
    `to read ${context.cacheDir}`,
    `--allow-read=${context.cacheDir}`,
  );
  const results = listRecords(context, containerID)
    .filter((record) => record.network.name === network && record.isComplete)
    .flatMap(({ result }) => result ?? []);
  if (results.length === 0) throw notAdded(containerID, network);
  return results;
}

function notAdded(containerID: string, network?: string): VmConfError {
  return new VmConfError(
    "not-added",
    `Cannot check container ${quote(containerID)}: expected it to be added to ${
      network === undefined ? "a network" : `network ${quote(network)}`
    }, found no result of that`,
    { hint: `\`vmconf add NETWORK --id ${containerID}\` adds it.` },
  );
}
