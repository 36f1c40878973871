/** Opens the container's network namespace, which must not be the plugin's own. */
import { quote } from "../errors.ts";
import { toCString } from "../linux/call.ts";
import { isSameFile, readIdentity } from "../linux/file_status.ts";
import { type OpenNetns, openNetns, OWN_NETNS } from "../linux/netns.ts";
import type { Libc } from "../linux/symbols/libc.ts";
import { CNI_ERROR_CODES, PluginFailure } from "./failure.ts";
import type { TapRequest } from "./request.ts";

/**
 * Opens the container's namespace for changes.
 *
 * The plugin's own namespace is the host's. A runtime can name it by mistake: the
 * PID in `/proc/PID/ns/net` may be reused by a process of the host. libcni
 * refuses it too, but only after the changes.
 */
export function openContainerNetns(
  libc: Libc,
  { netNSPath, mayBeOwnNetns }: TapRequest,
  task: string,
): OpenNetns & Disposable {
  const netns = openNetns(libc, netNSPath, task);
  try {
    if (!mayBeOwnNetns) refuseOwnNetns(libc, netns);
    return netns;
  } catch (error) {
    libc.close(netns.fd);
    throw error;
  }
}

function refuseOwnNetns(libc: Libc, { fd, path, task }: OpenNetns): void {
  const own = readIdentity(libc, toCString(OWN_NETNS));
  const given = readIdentity(libc, fd);
  if (own === undefined || given === undefined) {
    throw new PluginFailure(
      CNI_ERROR_CODES.invalidNetns,
      `${task}: failed to compare the plugin's netns with the netns from CNI_NETNS`,
      "This needs /proc, and a libc with statx(2).",
    );
  }
  if (isSameFile(own, given)) {
    throw new PluginFailure(
      CNI_ERROR_CODES.invalidNetns,
      "plugin's netns and netns from CNI_NETNS should not be the same",
      `${
        quote(path)
      } is the network namespace that the plugin runs in. To use it nevertheless, set CNI_NETNS_OVERRIDE=1.`,
    );
  }
}
