/** What a plugin is given: its configuration and its environment. */
import type { Network, PluginConfig } from "../cni/network.ts";
import type { Attachment } from "./attachment.ts";
import type { CniCommand } from "./context.ts";

/** What is put into a plugin's configuration. */
export interface Insertions {
  /** The version of the protocol. */
  readonly cniVersion: string;
  /** The result before, as it was printed. */
  readonly prevResult?: unknown;
  /** The arguments of the runtime that a plugin may have capabilities for. */
  readonly capabilityArgs?: Readonly<Record<string, unknown>>;
  /** The attachments that are to stay. */
  readonly validAttachments?: readonly unknown[];
}

/** Members that are the runtime's to give: RESERVED by the specification. */
const RESERVED = /^(cni\.dev\/.*|capabilities|prevResult)$/s;

/**
 * Derives what a plugin reads on standard input from its configuration.
 *
 * @param network The network.
 * @param plugin The plugin's configuration.
 * @param insertions What is put in.
 * @returns The JSON text.
 *
 * Source: CNI specification 1.1.0, section 3, "Deriving request configuration
 * from plugin configuration".
 */
export function requestText(
  { name }: Network,
  plugin: PluginConfig,
  { cniVersion, prevResult, capabilityArgs = {}, validAttachments }: Insertions,
): string {
  const own = Object.entries(plugin).filter(([key]) => !RESERVED.test(key));
  const { capabilities } = plugin;
  const wanted = Object.entries(capabilityArgs).filter(([capability]) =>
    capabilities?.[capability] === true
  );
  return JSON.stringify({
    ...Object.fromEntries(own),
    cniVersion,
    name,
    ...(wanted.length > 0 && { runtimeConfig: Object.fromEntries(wanted) }),
    ...(prevResult !== undefined && { prevResult }),
    ...(validAttachments !== undefined && {
      "cni.dev/valid-attachments": validAttachments,
      // What the first edition of the specification called it.
      "cni.dev/attachments": validAttachments,
    }),
  });
}

/**
 * The variables by which a plugin is told what to do. All of them are set, so
 * that none is inherited by accident.
 *
 * @param command The command.
 * @param binDirs The plugin folders.
 * @param attachment The attachment, if the command is about one.
 * @returns The variables.
 *
 * Source: CNI specification 1.1.0, section 2, "Parameters".
 */
export function environment(
  command: CniCommand,
  binDirs: readonly string[],
  attachment?: Attachment,
): Record<string, string> {
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: attachment?.containerID ?? "",
    CNI_NETNS: attachment?.netNSPath ?? "",
    CNI_IFNAME: attachment?.ifName ?? "",
    CNI_ARGS: (attachment?.args ?? []).map((pair) => pair.join("=")).join(";"),
    CNI_PATH: binDirs.join(":"),
  };
}
