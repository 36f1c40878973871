/** The container's network namespace, which is not to be the plugin's own. */
import { quote } from "../errors.ts";
import {
  isSameIdentity,
  readIdentity,
  readIdentityOfFd,
} from "../linux/identity.ts";
import { type Libc, toCString } from "../linux/libc.ts";
import { type OpenNetns, openNetns } from "../linux/netns.ts";
import { CODES, Failure } from "./failure.ts";
import type { Request } from "./request.ts";

/** The thread's own namespace: `/proc/self` names the one of the first thread. */
export const OWN_NETNS = "/proc/thread-self/ns/net";
const OWN_NETNS_FILE = toCString(OWN_NETNS);

/**
 * Opens the container's namespace to change it.
 *
 * The plugin's own namespace is the host's: a runtime names it by mistake, such
 * as by `/proc/PID/ns/net` of a process that has ended, whose number is now
 * another's. Go's library refuses it too, but only when all is done.
 */
export function openToChange(
  libc: Libc,
  { netNSPath, mayBeOwnNetns }: Request,
  task: string,
): OpenNetns {
  const netns = openNetns(libc, netNSPath, task);
  try {
    if (!mayBeOwnNetns) checkIsAnother(libc, netns);
    return netns;
  } catch (error) {
    libc.close(netns.fd);
    throw error;
  }
}

function checkIsAnother(libc: Libc, { fd, path, task }: OpenNetns): void {
  const own = readIdentity(libc, OWN_NETNS_FILE);
  const given = readIdentityOfFd(libc, fd);
  if (own === undefined || given === undefined) {
    throw new Failure(
      CODES.invalidNetns,
      `${task}: failed to compare the plugin's netns with the netns from CNI_NETNS`,
      "That takes /proc, and a libc that has statx(2).",
    );
  }
  if (isSameIdentity(own, given)) {
    throw new Failure(
      CODES.invalidNetns,
      "plugin's netns and netns from CNI_NETNS should not be the same",
      `${
        quote(path)
      } is the network namespace that the plugin runs in. If that is meant, set CNI_NETNS_OVERRIDE=1.`,
    );
  }
}
