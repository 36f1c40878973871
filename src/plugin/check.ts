/** CHECK: is all that ADD made still there? */
import { quote } from "../errors.ts";
import { findLink, type LinkInfo, TAP_KIND } from "../linux/links.ts";
import { openNetns } from "../linux/netns.ts";
import { hasIngressQdisc, listIngressFilters } from "../linux/redirect.ts";
import { connectRtnl, type Rtnl } from "../linux/rtnl.ts";
import type { Libnl } from "../linux/symbols/libnl.ts";
import { CNI_ERROR_CODES, PluginFailure } from "./failure.ts";
import type { CompleteTapRequest } from "./request.ts";
import { findTapName } from "./tap_result.ts";

const TASK = "cannot check the tap";

/**
 * Looks for the tap and the redirected interface, and for the qdisc and the
 * filter of each. The namespace may be the plugin's own: nothing is changed.
 */
export function checkTap(calls: Libnl, request: CompleteTapRequest): void {
  const { containerId, netNSPath, ifName, prevResult } = request;
  const tapName = findTapName(prevResult, containerId);
  using netns = openNetns(calls, netNSPath, TASK);
  using rtnl = connectRtnl(calls, netns);
  const faults = tapName === undefined
    ? [describeMissingDevice(`pseudo-device for ${containerId}`)]
    : findFaults(rtnl, tapName, ifName);
  if (faults.length === 0) return;
  throw new PluginFailure(
    CNI_ERROR_CODES.notAsAdded,
    faults.join("\n"),
    `In the network namespace ${netNSPath}. DEL and then ADD repair it.`,
  );
}

function findFaults(rtnl: Rtnl, tapName: string, ifName: string): string[] {
  const tap = findLink(rtnl, tapName);
  const link = findLink(rtnl, ifName);
  return [
    ...tap === undefined
      ? [describeMissingDevice(tapName)]
      : findTapFaults(tap),
    ...link === undefined ? [describeMissingDevice(ifName)] : [],
    ...tap === undefined ? [] : findRedirectFaults(rtnl, tap, link),
    ...link === undefined ? [] : findRedirectFaults(rtnl, link, tap),
  ];
}

function findTapFaults({ name, kind }: LinkInfo): string[] {
  if (kind === TAP_KIND) return [];
  return [`expected ${quote(name)} to be a tap, found ${kind || "no tap"}`];
}

function findRedirectFaults(
  rtnl: Rtnl,
  from: LinkInfo,
  to: LinkInfo | undefined,
): string[] {
  const name = quote(from.name);
  if (!hasIngressQdisc(rtnl, from)) {
    return [`did not find expected Qdisc on device ${name}`];
  }
  const filters = listIngressFilters(rtnl, from);
  if (to === undefined || filters.some(({ target }) => target === to.index)) {
    return [];
  }
  return [
    `did not find expected filter on device ${name}: none redirects to ${
      quote(to.name)
    }`,
  ];
}

function describeMissingDevice(name: string): string {
  return `did not find expected network device with name ${quote(name)}`;
}
