/** DEL: removes what ADD made and what is still there. */
import {
  findLink,
  type LinkInfo,
  removeLink,
  TAP_KIND,
} from "../linux/links.ts";
import { isNetnsGone } from "../linux/netns.ts";
import {
  type IngressFilter,
  listIngressFilters,
  removeIngressQdisc,
} from "../linux/redirect.ts";
import { connectRtnl, type Rtnl } from "../linux/rtnl.ts";
import type { Libnl } from "../linux/symbols/libnl.ts";
import { openContainerNetns } from "./netns.ts";
import type { TapRequest } from "./request.ts";
import { findTapName } from "./tap_result.ts";

const TASK = "cannot remove the tap";

/**
 * Removes the tap, and the redirect of the container's interface. Missing parts
 * are no failure. If the namespace is gone, all that ADD made is gone too.
 */
export function deleteTap(calls: Libnl, request: TapRequest): void {
  const { netNSPath, ifName } = request;
  if (netNSPath === "" || isNetnsGone(calls, netNSPath)) return;
  using netns = openContainerNetns(calls, request, TASK);
  using rtnl = connectRtnl(calls, netns);
  const link = findLink(rtnl, ifName);
  const filters = link === undefined ? [] : listIngressFilters(rtnl, link);
  const taps = [
    ...findTapByResult(rtnl, request),
    ...link === undefined ? [] : findTapsByFilters(rtnl, filters, link),
  ];
  // Taps first: if this fails, the next DEL finds them by the filters.
  for (const tap of taps) removeLink(rtnl, tap);
  // Other filters are not ours: they stay, and so does their qdisc.
  const areOurs = filters.every(({ target }) => target !== undefined);
  if (link !== undefined && areOurs) removeIngressQdisc(rtnl, link);
}

function findTapByResult(
  rtnl: Rtnl,
  { prevResult, containerId }: TapRequest,
): LinkInfo[] {
  const name = prevResult && findTapName(prevResult, containerId);
  const tap = name === undefined ? undefined : findLink(rtnl, name);
  return tap?.kind === TAP_KIND ? [tap] : [];
}

/** DEL may have no result: the tap is the one that redirects back to the link. */
function findTapsByFilters(
  rtnl: Rtnl,
  filters: readonly IngressFilter[],
  link: LinkInfo,
): LinkInfo[] {
  return filters.flatMap(({ target }) => {
    const tap = target ? findLink(rtnl, target) : undefined;
    if (tap?.kind !== TAP_KIND) return [];
    const back = listIngressFilters(rtnl, tap);
    return back.some(({ target }) => target === link.index) ? [tap] : [];
  });
}
