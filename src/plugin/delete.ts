/** DEL: all that ADD made, away again, as far as it is still there. */
import { findLink, type LinkInfo, removeLink } from "../linux/links.ts";
import { isNetnsGone } from "../linux/netns.ts";
import { removeIngressQdisc } from "../linux/qdisc.ts";
import {
  type IngressFilter,
  listIngressFilters,
} from "../linux/redirect_filter.ts";
import { connectRtnl, type Rtnl, type RtnlCalls } from "../linux/rtnl.ts";
import { openToChange } from "./netns.ts";
import type { Request } from "./request.ts";
import { tapNameIn } from "./tap_result.ts";

const TASK = "cannot remove the tap";

/**
 * Removes the tap, and the redirection from the container's interface. What is
 * gone already is no failure; without a namespace there is nothing to do, as
 * all that ADD makes goes with it.
 */
export function del(calls: RtnlCalls, request: Request): void {
  const { netNSPath, ifName } = request;
  if (netNSPath === "" || isNetnsGone(calls, netNSPath)) return;
  const netns = openToChange(calls, request, TASK);
  try {
    using rtnl = connectRtnl(calls, netns);
    const link = findLink(rtnl, ifName);
    const filters = link === undefined ? [] : listIngressFilters(rtnl, link);
    const taps = [
      ...tapOfResult(rtnl, request),
      ...link === undefined ? [] : tapsOfFilters(rtnl, filters, link),
    ];
    // Taps first: if that fails, the filters tell the next DEL of them.
    for (const tap of taps) removeLink(rtnl, tap);
    if (link !== undefined && areAllOurs(filters)) {
      removeIngressQdisc(rtnl, link);
    }
  } finally {
    calls.close(netns.fd);
  }
}

/** Filters of others are left alone, and the qdisc that they hang on. */
function areAllOurs(filters: readonly IngressFilter[]): boolean {
  return filters.every(({ target }) => target !== undefined);
}

/** The tap that ADD told of, if it was told of at all. */
function tapOfResult(
  rtnl: Rtnl,
  { prevResult, containerId }: Request,
): LinkInfo[] {
  const name = prevResult && tapNameIn(prevResult, containerId);
  const tap = name === undefined ? undefined : findLink(rtnl, name);
  return tap?.kind === TAP ? [tap] : [];
}

/** Without a result the tap is found by what it does: it redirects back. */
function tapsOfFilters(
  rtnl: Rtnl,
  filters: readonly IngressFilter[],
  link: LinkInfo,
): LinkInfo[] {
  return filters.flatMap(({ target }) => {
    const tap = target ? findLink(rtnl, target) : undefined;
    if (tap?.kind !== TAP) return [];
    const back = listIngressFilters(rtnl, tap);
    return back.some(({ target }) => target === link.index) ? [tap] : [];
  });
}

/** How the kernel calls taps too. */
const TAP = "tun";
