/** ADD: a tap beside the container's interface, and all traffic between them. */
import type { CniResult } from "../cni/result.ts";
import { quote } from "../errors.ts";
import {
  findLink,
  type LinkInfo,
  removeLink,
  setLinkUp,
} from "../linux/links.ts";
import { addIngressQdisc, removeIngressQdisc } from "../linux/qdisc.ts";
import { addRedirect } from "../linux/redirect_filter.ts";
import { connectRtnl, type Rtnl, type RtnlCalls } from "../linux/rtnl.ts";
import { makeTap } from "../linux/tap.ts";
import { CODES, Failure } from "./failure.ts";
import { openToChange } from "./netns.ts";
import type { WholeRequest } from "./request.ts";
import { withTap } from "./tap_result.ts";

const TASK = "cannot add the tap";

/**
 * Makes the tap and redirects the traffic of the container's interface to it,
 * both ways. What fails leaves nothing behind.
 */
export function add(calls: RtnlCalls, request: WholeRequest): CniResult {
  const { ifName, prevResult } = request;
  const netns = openToChange(calls, request, TASK);
  try {
    using rtnl = connectRtnl(calls, netns);
    const link = findLink(rtnl, ifName);
    if (link === undefined) throw noLink(ifName);
    const tapName = makeTap(calls, netns, request.tap);
    return orUndo(
      () => {
        const tap = findLink(rtnl, tapName);
        if (tap === undefined) throw noLink(tapName);
        connect(rtnl, tap, link);
        return withTap(prevResult, request, tap, link);
      },
      () => {
        const tap = findLink(rtnl, tapName);
        if (tap !== undefined) removeLink(rtnl, tap);
      },
    );
  } finally {
    calls.close(netns.fd);
  }
}

function connect(rtnl: Rtnl, tap: LinkInfo, link: LinkInfo): void {
  setLinkUp(rtnl, tap, link.mtu);
  addQdisc(rtnl, tap);
  addQdisc(rtnl, link);
  orUndo(() => {
    addRedirect(rtnl, tap, link);
    addRedirect(rtnl, link, tap);
  }, () => removeIngressQdisc(rtnl, link));
}

function addQdisc(rtnl: Rtnl, link: LinkInfo): void {
  if (addIngressQdisc(rtnl, link)) return;
  throw new Failure(
    CODES.refusedBySystem,
    `${TASK}: failed to add ingress qdisc to device ${
      quote(link.name)
    }: it has an ingress or clsact qdisc already`,
    "Was the container added before, or does another plugin filter what comes in? `tc qdisc show` in the namespace tells.",
  );
}

function orUndo<T>(deed: () => T, undo: () => void): T {
  try {
    return deed();
  } catch (error) {
    try {
      undo();
    } catch {
      // Of two failures the first is the one to tell.
    }
    throw error;
  }
}

function noLink(name: string): Failure {
  return new Failure(
    CODES.refusedBySystem,
    `failed to find redirect interface ${
      quote(name)
    }: did not find expected network device with name ${quote(name)}`,
    "CNI_IFNAME names the interface that the plugins before this one made.",
  );
}
