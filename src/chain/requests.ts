/** What is asked for: a container, and its networks by name or as they are. */
import type { Network } from "../cni/network.ts";
import { quote, VmConfError } from "../errors.ts";
import { checkAttachment, checkContainerID } from "./attachment.ts";
import type { Wanted } from "./container.ts";
import { type ChainOptions, type Context, contextOf } from "./context.ts";
import { findNetwork } from "./find.ts";
import { type AttachmentRecord, listRecords } from "./records.ts";
import { mustUseCache, withLock } from "./state.ts";

/** A container, and the networks that are meant. */
export interface ContainerRequest {
  /** The container's id: the VM's id. */
  readonly containerID: string;
  /** Networks by name, or as they are. */
  readonly networks: readonly (string | Network)[];
  /** The path of the namespace; unset: `/run/netns/vmconf-` and the id. */
  readonly netNSPath?: string;
  /**
   * The name of each network's interface in the namespace; unset: `eth0`,
   * `eth1` and so on.
   */
  readonly ifNames?: readonly string[];
  /** Arguments for all plugins, as keys and values. */
  readonly args?: readonly (readonly [key: string, value: string])[];
  /** Arguments for the plugins that have these capabilities. */
  readonly capabilityArgs?: Readonly<Record<string, unknown>>;
}

/** A container, and maybe only some of its networks. */
export interface AttachedRequest
  extends Partial<Omit<ContainerRequest, "containerID" | "networks">> {
  /** The container's id: the VM's id. */
  readonly containerID: string;
  /** Networks by name, or as they are; unset: all that it was added to. */
  readonly networks?: readonly (string | Network)[];
}

/**
 * Does something with what is remembered of a container's attachments, while
 * nobody else does anything with the container.
 *
 * @param request The container, and which networks and interfaces are meant.
 * @param options Folders and limits.
 * @param action What is done with the records, the oldest first.
 * @returns What came of it.
 * @throws {VmConfError} `invalid-attachment`, `not-granted`, `busy`,
 * `interrupted`, `cache-failed`.
 */
export async function withRecords<T>(
  request: AttachedRequest,
  options: ChainOptions,
  action: (context: Context, records: AttachmentRecord[]) => Promise<T>,
): Promise<T> {
  const context = contextOf(options);
  checkContainerID(request.containerID);
  mustUseCache(context);
  return await withLock(
    context,
    request.containerID,
    () => action(context, recordsOf(context, request)),
  );
}

function recordsOf(
  context: Context,
  { containerID, networks, ifNames }: AttachedRequest,
): AttachmentRecord[] {
  const names = networks?.map(nameOf);
  return listRecords(context, containerID).filter(({ network, attachment }) =>
    (names === undefined || names.includes(network.name)) &&
    (ifNames === undefined || ifNames.includes(attachment.ifName))
  );
}

/**
 * The name of a network.
 *
 * @param network The network, or its name.
 * @returns Its name.
 */
export function nameOf(network: string | Network): string {
  return typeof network === "string" ? network : network.name;
}

/**
 * Finds a network, if only its name is given.
 *
 * @param context The folders.
 * @param network The network, or its name.
 * @returns The network.
 */
export function networkOf(
  context: Context,
  network: string | Network,
): Network {
  return typeof network === "string" ? findNetwork(context, network) : network;
}

/**
 * The path of a container's namespace.
 *
 * @param request The container.
 * @returns The path that was given, or the default.
 */
export function netNSPathOf(
  { containerID, netNSPath }: Pick<
    ContainerRequest,
    "containerID" | "netNSPath"
  >,
): string {
  return netNSPath ?? `/run/netns/vmconf-${containerID}`;
}

/**
 * Resolves and checks what is to be attached.
 *
 * @param context The folders.
 * @param request The container and its networks.
 * @returns The attachments, in order.
 * @throws {VmConfError} `invalid-attachment`, `no-network`, `invalid-network`.
 */
export function wantedBy(
  context: Context,
  request: ContainerRequest,
): Wanted[] {
  const { containerID, networks, ifNames = [], args = [] } = request;
  const netNSPath = netNSPathOf(request);
  const { capabilityArgs = {} } = request;
  const wanted = networks.map((network, index) => {
    const ifName = ifNames[index] ?? `eth${index}`;
    const attachment = { containerID, netNSPath, ifName, args, capabilityArgs };
    checkAttachment(attachment);
    return { network: networkOf(context, network), attachment };
  });
  const names = wanted.map(({ attachment }) => attachment.ifName);
  if (new Set(names).size < names.length) {
    throw new VmConfError(
      "invalid-attachment",
      `ifNames: expected a name of its own for each interface, found ${
        names.map(quote).join(", ")
      }`,
      { path: "ifNames" },
    );
  }
  return wanted;
}
