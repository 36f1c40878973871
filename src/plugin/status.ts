/** STATUS: whether ADD would find all that it needs. */
import { openNetns } from "../linux/netns.ts";
import { openRtnl, rtnlIn } from "../linux/rtnl.ts";
import { openTun } from "../linux/tap.ts";
import { CODES, Failure, failureOf } from "./failure.ts";

const TASK = "not ready to add taps";

/** A namespace that is always there, and that may be entered only by those who may enter others. */
const OWN = "/proc/thread-self/ns/net";

/**
 * Tries what ADD does first: the library, entering a namespace, a netlink
 * socket and the driver of taps.
 *
 * @throws {Failure} If one of them cannot be used.
 */
export function status(): void {
  try {
    const calls = openRtnl(TASK);
    const netns = openNetns(calls, OWN, TASK);
    try {
      using _rtnl = rtnlIn(calls, netns);
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
