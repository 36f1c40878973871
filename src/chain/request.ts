/** What operations are asked to work on: a container and its attachments. */
import type { NetworkConfig } from "../cni/network.ts";
import { quote, VmConfError } from "../errors.ts";
import {
  CNI_NAME,
  INTERFACE_NAME,
  isCniName,
  isInterfaceName,
} from "../names.ts";

/** A container, its networks, and how it is attached to them. */
export interface AttachmentRequest {
  /** The container's id: the VM's id. */
  readonly containerID: string;
  /** Networks by name, or as they are; unset: all that it was added to. */
  readonly networks?: readonly (string | NetworkConfig)[];
  /**
   * The network namespace: an absolute path, or the name of one in `/run/netns`;
   * unset: `/run/netns/vmconf-` and the id.
   */
  readonly netNSPath?: string;
  /**
   * To add: the name of each network's interface in the namespace; unset: `eth0`,
   * `eth1` and so on. To check or delete: only these interfaces; unset: all.
   */
  readonly ifNames?: readonly string[];
  /** Arguments for all plugins, as keys and values. */
  readonly args?: readonly (readonly [key: string, value: string])[];
  /** Arguments for the plugins that have these capabilities. */
  readonly capabilityArgs?: Readonly<Record<string, unknown>>;
}

/**
 * One interface of a container in one network.
 *
 * Source: CNI specification 1.1.0, section 3, "Attachment Parameters".
 */
export interface Attachment {
  /** The container's id: the VM's id. */
  readonly containerID: string;
  /** The path of the network namespace; empty if it is unknown or gone. */
  readonly netNSPath: string;
  /** The name of the interface in that namespace. */
  readonly ifName: string;
  /** Arguments for all plugins, as keys and values. */
  readonly args: readonly (readonly [key: string, value: string])[];
  /** Arguments for the plugins that have these capabilities. */
  readonly capabilityArgs: Readonly<Record<string, unknown>>;
}

/** An attachment, and the configuration of its network. */
export interface RequestedAttachment {
  readonly network: NetworkConfig;
  readonly attachment: Attachment;
}

export function getNetworkName(network: string | NetworkConfig): string {
  return typeof network === "string" ? network : network.name;
}

export function resolveNetnsPath(
  { containerID, netNSPath = `vmconf-${containerID}` }: Pick<
    AttachmentRequest,
    "containerID" | "netNSPath"
  >,
): string {
  const isName = /^[^/\0]+$/.test(netNSPath) && !/^\.\.?$/.test(netNSPath);
  if (isName) return `/run/netns/${netNSPath}`;
  if (isNetnsPath(netNSPath)) return netNSPath;
  throw invalidAttachmentError(
    "netNSPath",
    'an absolute path, such as "/run/netns/vm-1", or the bare name of one in /run/netns',
    quote(netNSPath),
  );
}

export function isNetnsPath(text: string): boolean {
  return /^\/[^\0]*[^/\0]$/.test(text) && !/(^|\/)\.\.?$/.test(text);
}

export function validateAttachment(
  { containerID, ifName, args, netNSPath }: Attachment,
): void {
  validateContainerID(containerID);
  // libcni refuses Unicode's white space too, which the kernel allows.
  if (!isInterfaceName(ifName) || /\s/.test(ifName)) {
    throw invalidAttachmentError(
      "ifName",
      `${INTERFACE_NAME}, such as "eth0"`,
      quote(ifName),
    );
  }
  if (netNSPath !== "" && !isNetnsPath(netNSPath)) {
    throw invalidAttachmentError(
      "netNSPath",
      "an absolute path",
      quote(netNSPath),
    );
  }
  for (const [key, value] of args) {
    if (/^[^=;\0]+$/.test(key) && !/[;\0]/.test(value)) continue;
    throw invalidAttachmentError(
      "args",
      'keys and values without semicolon, such as "IgnoreUnknown=1"',
      quote(`${key}=${value}`),
    );
  }
}

export function validateContainerID(id: string): void {
  if (isCniName(id)) return;
  throw invalidAttachmentError(
    "containerID",
    `${CNI_NAME}, such as "vm-1"`,
    quote(id),
  );
}

export function invalidAttachmentError(
  path: string,
  expected: string,
  found: string,
): VmConfError {
  return new VmConfError(
    "invalid-attachment",
    `${path}: expected ${expected}, found ${found}`,
    {
      path,
      hint: "See the CNI specification, section 3 (Attachment Parameters).",
    },
  );
}
