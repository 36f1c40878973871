/** STATUS: can the plugin add taps? */
import { loadLibnl } from "../linux/library.ts";
import { openNetns, OWN_NETNS } from "../linux/netns.ts";
import { connectRtnl } from "../linux/rtnl.ts";
import { openTun } from "../linux/tap.ts";
import { CNI_ERROR_CODES, PluginFailure, toPluginFailure } from "./failure.ts";

const TASK = "not ready to add taps";

/**
 * Tries what ADD needs: the library, the right to enter a namespace, a netlink
 * socket and the kernel's tap driver.
 */
export function checkReadiness(): void {
  try {
    const calls = loadLibnl(TASK);
    // It always exists, and entering it needs the same rights as any other.
    using netns = openNetns(calls, OWN_NETNS, TASK);
    using _rtnl = connectRtnl(calls, netns);
    calls.close(openTun(calls, netns));
  } catch (error) {
    const failure = toPluginFailure(error);
    if (failure === undefined) throw error;
    throw new PluginFailure(
      CNI_ERROR_CODES.unavailable,
      failure.message,
      failure.details,
    );
  }
}
