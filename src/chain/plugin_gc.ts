/** GC of the plugins themselves: they free what no record needs. */
import type { NetworkConfig } from "../cni/network.ts";
import { firstVersionWith, hasFeature } from "../cni/versions.ts";
import { requireVmConfError, type VmConfError } from "../errors.ts";
import { type Context, emitNote } from "./context.ts";
import { callPlugin } from "./plugins/call.ts";
import { negotiateVersion } from "./plugins/versions.ts";
import {
  readNestedRecords,
  readRecords,
  unusableRecordError,
} from "./state/records.ts";

/** Calls every plugin, whatever the others answer. Returns what failed. */
export async function callPluginGC(
  context: Context,
  network: NetworkConfig,
): Promise<VmConfError[]> {
  const { name } = network;
  if (network.disableGC) {
    emitNote(context, `no GC: network ${name} sets disableGC`);
    return [];
  }
  const errors: VmConfError[] = [];
  try {
    const validAttachments = listValidAttachments(context, name);
    const cniVersion = await negotiateVersion(context, network);
    if (!hasFeature(cniVersion, "GC")) {
      emitNote(
        context,
        `no GC: network ${name} is of CNI ${cniVersion}, before ${
          firstVersionWith("GC")
        }`,
      );
      return [];
    }
    for (const plugin of network.plugins) {
      await callPlugin(context, {
        command: "GC",
        network,
        plugin,
        cniVersion,
        validAttachments,
      }).catch((error) => errors.push(requireVmConfError(error)));
    }
  } catch (error) {
    errors.push(requireVmConfError(error));
  }
  return errors;
}

/**
 * All recorded attachments, alive or not, in the words of the protocol. If one
 * record cannot be used, plugins could free what it needs.
 */
function listValidAttachments(
  context: Context,
  network: string,
): { containerID: string; ifname: string }[] {
  const own = { context, records: readRecords(context) };
  return [own, ...readNestedRecords(context)].flatMap(
    ({ context, records }) => {
      const [unusable] = records.unusable;
      if (unusable !== undefined) throw unusableRecordError(context, unusable);
      return records.usable.filter(({ networkName }) => networkName === network)
        .map(({ attachment: { containerID, ifName } }) => ({
          containerID,
          ifname: ifName,
        }));
    },
  );
}
