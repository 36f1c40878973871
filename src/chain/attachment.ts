/** An attachment: one network, one container, one interface. */
import { NAME } from "../cni/network.ts";
import { quote, VmConfError } from "../errors.ts";

/**
 * What an attachment is made by.
 *
 * Source: CNI specification 1.1.0, section 3, "Attachment Parameters".
 */
export interface Attachment {
  /** The container's id: the VM's id. */
  readonly containerID: string;
  /** The path of the network namespace. */
  readonly netNSPath: string;
  /** The name of the interface in that namespace. */
  readonly ifName: string;
  /** Arguments for all plugins, as keys and values. */
  readonly args: readonly (readonly [key: string, value: string])[];
  /** Arguments for the plugins that have these capabilities. */
  readonly capabilityArgs: Readonly<Record<string, unknown>>;
}

/** By IFNAMSIZ of the kernel. */
const LONGEST_IF_NAME = 15;

/**
 * Checks what an attachment is made by.
 *
 * @param attachment The attachment.
 * @throws {VmConfError} `invalid-attachment` with the path of what is wrong.
 */
export function checkAttachment(
  { containerID, ifName, args }: Attachment,
): void {
  checkContainerID(containerID);
  const isName = ifName !== "" && ifName !== "." && ifName !== ".." &&
    !/[/:\s\0]/.test(ifName) &&
    new TextEncoder().encode(ifName).length <= LONGEST_IF_NAME;
  if (!isName) {
    throw invalid(
      "ifName",
      `1 to ${LONGEST_IF_NAME} bytes without slash, colon and white space, such as "eth0"`,
      ifName,
    );
  }
  for (const [key, value] of args) {
    if (/^[^=;\0]+$/.test(key) && !/[;\0]/.test(value)) continue;
    throw invalid(
      "args",
      'keys and values without semicolon, such as "IgnoreUnknown=1"',
      `${key}=${value}`,
    );
  }
}

/**
 * Checks the id of a container.
 *
 * @param id The id.
 * @throws {VmConfError} `invalid-attachment`
 */
export function checkContainerID(id: string): void {
  if (NAME.test(id)) return;
  throw invalid(
    "containerID",
    'letters, digits and . _ -, such as "vm-1"',
    id,
  );
}

function invalid(path: string, expected: string, found: string): VmConfError {
  return new VmConfError(
    "invalid-attachment",
    `${path}: expected ${expected}, found ${quote(found)}`,
    {
      path,
      hint: "See the CNI specification, section 3 (Attachment Parameters).",
    },
  );
}
