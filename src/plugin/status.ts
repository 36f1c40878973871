/** STATUS: whether ADD would find all that it needs. */
import { openNetns } from "../linux/netns.ts";
import { connectRtnl, loadRtnlCalls } from "../linux/rtnl.ts";
import { openTun } from "../linux/tap.ts";
import { CODES, Failure, failureOf } from "./failure.ts";
import { OWN_NETNS } from "./netns.ts";

const TASK = "not ready to add taps";

/**
 * Tries what ADD does first: the library, entering a namespace, a netlink
 * socket and the driver of taps.
 */
export function status(): void {
  try {
    const calls = loadRtnlCalls(TASK);
    // It is always there, and only who may enter others may enter it.
    const netns = openNetns(calls, OWN_NETNS, TASK);
    try {
      using _rtnl = connectRtnl(calls, netns);
      calls.close(openTun(calls, netns));
    } finally {
      calls.close(netns.fd);
    }
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    throw new Failure(CODES.unavailable, failure.message, failure.details);
  }
}
