/** CHECK: whether all that ADD made is still there. */
import { quote } from "../errors.ts";
import { findLink, type LinkInfo } from "../linux/links.ts";
import { openNetns } from "../linux/netns.ts";
import { hasIngressQdisc } from "../linux/qdisc.ts";
import { listIngressFilters } from "../linux/redirect_filter.ts";
import { connectRtnl, type Rtnl, type RtnlCalls } from "../linux/rtnl.ts";
import { CODES, Failure } from "./failure.ts";
import type { WholeRequest } from "./request.ts";
import { tapNameIn } from "./tap_result.ts";

const TASK = "cannot check the tap";

/**
 * Looks for the tap, the interface that is redirected, and the qdisc and the
 * filter on each. It changes nothing, so the namespace may be the plugin's own.
 */
export function check(calls: RtnlCalls, request: WholeRequest): void {
  const { containerId, netNSPath, ifName, prevResult } = request;
  const tapName = tapNameIn(prevResult, containerId);
  const netns = openNetns(calls, netNSPath, TASK);
  try {
    using rtnl = connectRtnl(calls, netns);
    const faults = tapName === undefined
      ? [noDevice(`pseudo-device for ${containerId}`)]
      : faultsOf(rtnl, tapName, ifName);
    if (faults.length === 0) return;
    throw new Failure(
      CODES.notAsAdded,
      faults.join("\n"),
      `In the network namespace ${netNSPath}; DEL and ADD make it anew.`,
    );
  } finally {
    calls.close(netns.fd);
  }
}

function faultsOf(rtnl: Rtnl, tapName: string, ifName: string): string[] {
  const tap = findLink(rtnl, tapName);
  const link = findLink(rtnl, ifName);
  return [
    ...tap === undefined ? [noDevice(tapName)] : faultsOfTap(tap),
    ...link === undefined ? [noDevice(ifName)] : [],
    ...tap === undefined ? [] : faultsOfSide(rtnl, tap, link),
    ...link === undefined ? [] : faultsOfSide(rtnl, link, tap),
  ];
}

function faultsOfTap({ name, kind }: LinkInfo): string[] {
  if (kind === "tun") return [];
  return [`expected ${quote(name)} to be a tap, found ${kind || "no tap"}`];
}

function faultsOfSide(
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

function noDevice(name: string): string {
  return `did not find expected network device with name ${quote(name)}`;
}
