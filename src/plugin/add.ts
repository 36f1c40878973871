/** ADD: makes a tap and redirects all traffic between it and the interface. */
import type { CniResult } from "../cni/result.ts";
import { quote } from "../errors.ts";
import {
  findLink,
  type LinkInfo,
  removeLink,
  setLinkUp,
} from "../linux/links.ts";
import {
  addIngressQdisc,
  addRedirect,
  removeIngressQdisc,
} from "../linux/redirect.ts";
import { connectRtnl, type Rtnl } from "../linux/rtnl.ts";
import type { Libnl } from "../linux/symbols/libnl.ts";
import { makeTap } from "../linux/tap.ts";
import { CNI_ERROR_CODES, PluginFailure } from "./failure.ts";
import { openContainerNetns } from "./netns.ts";
import type { CompleteTapRequest } from "./request.ts";
import { insertTap } from "./tap_result.ts";

const TASK = "cannot add the tap";

/** If it fails, it removes what it made. */
export function addTap(
  calls: Libnl,
  request: CompleteTapRequest,
): CniResult {
  const { ifName, prevResult } = request;
  using netns = openContainerNetns(calls, request, TASK);
  using rtnl = connectRtnl(calls, netns);
  const link = findLink(rtnl, ifName);
  if (link === undefined) throw missingLinkError(ifName);
  const tapName = makeTap(calls, netns, request.tap);
  return undoOnError(
    () => {
      const tap = findLink(rtnl, tapName);
      if (tap === undefined) throw missingLinkError(tapName);
      redirectBothWays(rtnl, tap, link);
      return insertTap(prevResult, request, tap, link);
    },
    () => {
      const tap = findLink(rtnl, tapName);
      if (tap !== undefined) removeLink(rtnl, tap);
    },
  );
}

function redirectBothWays(rtnl: Rtnl, tap: LinkInfo, link: LinkInfo): void {
  setLinkUp(rtnl, tap, link.mtu);
  addQdisc(rtnl, tap);
  addQdisc(rtnl, link);
  undoOnError(() => {
    addRedirect(rtnl, tap, link);
    addRedirect(rtnl, link, tap);
  }, () => removeIngressQdisc(rtnl, link));
}

function addQdisc(rtnl: Rtnl, link: LinkInfo): void {
  if (addIngressQdisc(rtnl, link)) return;
  throw new PluginFailure(
    CNI_ERROR_CODES.refusedBySystem,
    `${TASK}: failed to add ingress qdisc to device ${
      quote(link.name)
    }: it has an ingress or clsact qdisc already`,
    "Was the container added before, or does another plugin filter incoming traffic? See `tc qdisc show` in the namespace.",
  );
}

function undoOnError<T>(act: () => T, undo: () => void): T {
  try {
    return act();
  } catch (error) {
    try {
      undo();
    } catch {
      // The first failure is the one to report.
    }
    throw error;
  }
}

function missingLinkError(name: string): PluginFailure {
  return new PluginFailure(
    CNI_ERROR_CODES.refusedBySystem,
    `failed to find redirect interface ${
      quote(name)
    }: did not find expected network device with name ${quote(name)}`,
    "CNI_IFNAME names the interface that the plugins before this one made.",
  );
}
