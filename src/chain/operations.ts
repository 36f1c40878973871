/** The operations on one network, plugin by plugin, as the specification has it. */
import type { Network } from "../cni/network.ts";
import { VmConfError } from "../errors.ts";
import type { Attachment } from "./attachment.ts";
import { callForResult, callPlugin, type RawResult } from "./call.ts";
import { type Context, mayGoOn } from "./context.ts";
import { isSince } from "./versions.ts";

/** A network that is operated on. */
export interface Operand {
  readonly network: Network;
  /** The version of the protocol. */
  readonly cniVersion: string;
}

/** An attachment that is operated on. */
export interface AttachmentOperand extends Operand {
  readonly attachment: Attachment;
  /** The result of ADD, if it is known. */
  readonly result?: RawResult;
}

/**
 * Adds a container to a network: every plugin with ADD, in order, each with the
 * result of the one before it.
 *
 * @param context Folders and limits.
 * @param operand The attachment.
 * @param onResult Is told each plugin's result before the next one is run.
 * @returns The last plugin's result.
 * @throws {VmConfError} What the first plugin that failed says; nothing is undone
 * here.
 */
export async function addChain(
  context: Context,
  { network, cniVersion, attachment }: AttachmentOperand,
  onResult: (result: RawResult) => void,
): Promise<RawResult> {
  const { capabilityArgs } = attachment;
  let result: RawResult = { cniVersion };
  let prevResult: RawResult | undefined;
  for (const plugin of network.plugins) {
    const insertions = { cniVersion, prevResult, capabilityArgs };
    const call = {
      command: "ADD",
      network,
      plugin,
      attachment,
      insertions,
    } as const;
    mayGoOn(context);
    result = prevResult = await callForResult(context, call);
    onResult(result);
  }
  return result;
}

/**
 * Checks an attachment: every plugin with CHECK, in order.
 *
 * @param context Folders and limits.
 * @param operand The attachment, with its result.
 * @throws {VmConfError} What the first plugin that failed says;
 * `unsupported-version` before CNI 0.4.0.
 */
export async function checkChain(
  context: Context,
  { network, cniVersion, attachment, result }: AttachmentOperand,
): Promise<void> {
  if (!isSince(cniVersion, "0.4.0")) {
    throw new VmConfError(
      "unsupported-version",
      `configuration version "${cniVersion}" does not support the CHECK command`,
      { hint: "CHECK came with CNI 0.4.0." },
    );
  }
  if (network.disableCheck) return;
  const { capabilityArgs } = attachment;
  for (const plugin of network.plugins) {
    const insertions = { cniVersion, prevResult: result, capabilityArgs };
    mayGoOn(context);
    await callPlugin(context, {
      command: "CHECK",
      network,
      plugin,
      attachment,
      insertions,
    });
  }
}

/**
 * Deletes an attachment: every plugin with DEL, in reverse order.
 *
 * @param context Folders and limits.
 * @param operand The attachment, with its result, if that is known.
 * @throws {VmConfError} What the first plugin that failed says.
 */
export async function deleteChain(
  context: Context,
  { network, cniVersion, attachment, result }: AttachmentOperand,
): Promise<void> {
  // Before 0.4.0 a plugin was not given a result to delete by.
  const prevResult = isSince(cniVersion, "0.4.0") ? result : undefined;
  const { capabilityArgs } = attachment;
  for (const plugin of network.plugins.toReversed()) {
    const insertions = { cniVersion, prevResult, capabilityArgs };
    mayGoOn(context);
    await callPlugin(context, {
      command: "DEL",
      network,
      plugin,
      attachment,
      insertions,
    });
  }
}

/** An attachment that is to stay, in the words of the protocol. */
export interface ValidAttachment {
  readonly containerID: string;
  readonly ifname: string;
}

/**
 * Has a network's plugins clean up: every one with GC, whatever the others say.
 *
 * @param context Folders and limits.
 * @param operand The network.
 * @param validAttachments What is to stay.
 * @returns What the plugins that failed say; none is called before CNI 1.1.0.
 */
export async function gcChain(
  context: Context,
  { network, cniVersion }: Operand,
  validAttachments: readonly ValidAttachment[],
): Promise<VmConfError[]> {
  const errors: VmConfError[] = [];
  if (!isSince(cniVersion, "1.1.0")) return errors;
  for (const plugin of network.plugins) {
    const insertions = { cniVersion, validAttachments };
    mayGoOn(context);
    try {
      await callPlugin(context, { command: "GC", network, plugin, insertions });
    } catch (error) {
      if (!(error instanceof VmConfError)) throw error;
      errors.push(error);
    }
  }
  return errors;
}

/**
 * Asks whether a network's plugins are ready for ADD: every one with STATUS.
 *
 * @param context Folders and limits.
 * @param operand The network.
 * @throws {VmConfError} What the first plugin that is not ready says; none is
 * called before CNI 1.1.0.
 */
export async function statusChain(
  context: Context,
  { network, cniVersion }: Operand,
): Promise<void> {
  if (!isSince(cniVersion, "1.1.0")) return;
  for (const plugin of network.plugins) {
    mayGoOn(context);
    await callPlugin(context, {
      command: "STATUS",
      network,
      plugin,
      insertions: { cniVersion },
    });
  }
}
