/** Deleting a container's attachments. */
import { detach, together } from "./container.ts";
import type { ChainOptions } from "./context.ts";
import {
  type AttachedRequest,
  nameOf,
  wantedBy,
  withRecords,
} from "./requests.ts";

/**
 * Deletes a container's attachments, and its namespace if
 * {@linkcode addNetworks} made it and nothing is attached to it any more.
 *
 * What cannot be deleted does not keep the rest from being deleted. Deleting
 * what is not there is no error.
 *
 * @param request The container; networks that nothing is remembered of are
 * deleted by what is asked.
 * @param options Folders and limits.
 * @throws {VmConfError} As {@linkcode addNetworks}, with all that failed.
 *
 * @example Usage
 * ```ts
 * import { deleteNetworks } from "@cni/vmconf/chain";
 *
 * const end = (containerID: string) => deleteNetworks({ containerID });
 * ```
 *
 * Source: CNI specification 1.1.0, section 3, "Deleting an attachment".
 */
export async function deleteNetworks(
  request: AttachedRequest,
  options: ChainOptions = {},
): Promise<void> {
  const errors = await withRecords(request, options, (context, records) => {
    const known = new Set(records.map(({ network }) => network.name));
    const { networks = [] } = request;
    const others = networks.some((network) => !known.has(nameOf(network)))
      ? wantedBy(context, { ...request, networks })
        .filter(({ network }) => !known.has(network.name))
      : [];
    const all = [...records, ...others].reverse();
    return detach(context, request.containerID, all);
  });
  if (errors.length > 0) throw together(errors);
}
