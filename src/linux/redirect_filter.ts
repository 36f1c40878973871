/** Filters that send everything that comes in at one link out at another. */
import { quote } from "../errors.ts";
import {
  ETH_P_ALL,
  INGRESS_HANDLE,
  NLM_F_CREATE,
  NLM_F_EXCL,
  TC_ACT_STOLEN,
  TC_U32_NODE,
  TCA_EGRESS_REDIR,
} from "./abi/netlink.ts";
import type { LinkInfo } from "./links.ts";
import {
  checkStatus,
  readObjects,
  readText,
  type Rtnl,
  setKind,
  withObject,
} from "./rtnl.ts";

const U32 = "u32";
const MIRRED = "mirred";

/**
 * Redirects everything that comes in at a link. tc-u32(8), tc-mirred(8).
 *
 * Equivalent to: `tc filter add dev $from parent ffff: protocol all u32 match u32
 * 0 0 action mirred egress redirect dev $to`
 */
export function addRedirect(rtnl: Rtnl, from: LinkInfo, to: LinkInfo): void {
  const { libnl, socket } = rtnl;
  const check = (what: string, status: number) =>
    checkStatus(rtnl, what, status);
  withObject(rtnl, "cls", (filter) => {
    libnl.rtnl_tc_set_ifindex(filter, from.index);
    libnl.rtnl_tc_set_parent(filter, INGRESS_HANDLE);
    setKind(rtnl, filter, U32);
    libnl.rtnl_cls_set_protocol(filter, ETH_P_ALL);
    // A key with an empty mask matches everything.
    check("rtnl_u32_add_key", libnl.rtnl_u32_add_key(filter, 0, 0, 0, 0));
    check("rtnl_u32_set_cls_terminal", libnl.rtnl_u32_set_cls_terminal(filter));
    withObject(rtnl, "act", (action) => {
      fillRedirect(rtnl, action, to);
      const added = libnl.rtnl_u32_add_action(filter, action);
      check("rtnl_u32_add_action", added);
    });
    const flags = NLM_F_CREATE | NLM_F_EXCL;
    const status = libnl.rtnl_cls_add(socket, filter, flags);
    check(
      `failed to add u32 filter redirecting from device ${
        quote(from.name)
      } to device ${quote(to.name)}`,
      status,
    );
  });
}

function fillRedirect(rtnl: Rtnl, action: bigint, { index }: LinkInfo): void {
  const { libnl } = rtnl;
  setKind(rtnl, action, MIRRED);
  const redirects = libnl.rtnl_mirred_set_action(action, TCA_EGRESS_REDIR);
  checkStatus(rtnl, "rtnl_mirred_set_action", redirects);
  const steals = libnl.rtnl_mirred_set_policy(action, TC_ACT_STOLEN);
  checkStatus(rtnl, "rtnl_mirred_set_policy", steals);
  const aims = libnl.rtnl_mirred_set_ifindex(action, index);
  checkStatus(rtnl, "rtnl_mirred_set_ifindex", aims);
}

/** A filter for what comes in at a link. */
export interface IngressFilter {
  /**
   * The index of the link that it redirects to, 0 if that is gone; `undefined` if
   * the filter does something else.
   */
  readonly target?: number;
}

/**
 * Lists the filters for what comes in at a link.
 *
 * Equivalent to: `tc filter show dev $link parent ffff:`
 */
export function listIngressFilters(
  rtnl: Rtnl,
  { index, name }: LinkInfo,
): IngressFilter[] {
  const { libnl, socket } = rtnl;
  return readObjects(
    rtnl,
    `failed to list filters for device ${quote(name)}`,
    (list) => libnl.rtnl_cls_alloc_cache(socket, index, INGRESS_HANDLE, list),
    (filter) => readFilter(rtnl, filter),
  );
}

function readFilter(
  { libnl }: Rtnl,
  filter: bigint,
): IngressFilter | undefined {
  // u32 lists its hash tables as well; their handles name no filter.
  if ((libnl.rtnl_tc_get_handle(filter) & TC_U32_NODE) === 0) return undefined;
  // libnl aborts if a filter of another kind is asked for a u32's action.
  const kind = readText(libnl, libnl.rtnl_tc_get_kind(filter));
  const action = kind === U32 ? libnl.rtnl_u32_get_action(filter) : 0n;
  if (action === 0n) return {};
  const isRedirect =
    readText(libnl, libnl.rtnl_tc_get_kind(action)) === MIRRED &&
    libnl.rtnl_mirred_get_action(action) === TCA_EGRESS_REDIR;
  return isRedirect ? { target: libnl.rtnl_mirred_get_ifindex(action) } : {};
}
