/** Filters that send all that comes in at one link out of another. */
import { quote } from "../errors.ts";
import type { LinkInfo } from "./links.ts";
import {
  checkStatus,
  readObjects,
  readText,
  type Rtnl,
  setKind,
  withObject,
} from "./rtnl.ts";

/** linux/pkt_sched.h: filters of the ingress qdisc have its handle as parent. */
const INGRESS_HANDLE = 0xffff_0000;

const U32 = "u32";
const MIRRED = "mirred";
const ETH_P_ALL = 3;

/** linux/tc_act/tc_mirred.h, linux/pkt_cls.h */
const TCA_EGRESS_REDIR = 1;
const TC_ACT_STOLEN = 4;

const NLM_F_CREATE_EXCL = 0x600;

/**
 * Redirects all that comes in at a link.
 *
 * Source: tc-u32(8) with a key that matches everything, tc-mirred(8).
 */
export function addRedirect(rtnl: Rtnl, from: LinkInfo, to: LinkInfo): void {
  const { calls, socket } = rtnl;
  withObject(rtnl, "cls", (filter) => {
    calls.rtnl_tc_set_ifindex(filter, from.index);
    calls.rtnl_tc_set_parent(filter, INGRESS_HANDLE);
    setKind(rtnl, filter, U32);
    calls.rtnl_cls_set_protocol(filter, ETH_P_ALL);
    const all = calls.rtnl_u32_add_key(filter, 0, 0, 0, 0);
    checkStatus(rtnl, "rtnl_u32_add_key", all);
    checkStatus(
      rtnl,
      "rtnl_u32_set_cls_terminal",
      calls.rtnl_u32_set_cls_terminal(filter),
    );
    withObject(rtnl, "act", (action) => {
      fillRedirect(rtnl, action, to);
      const added = calls.rtnl_u32_add_action(filter, action);
      checkStatus(rtnl, "rtnl_u32_add_action", added);
    });
    const status = calls.rtnl_cls_add(socket, filter, NLM_F_CREATE_EXCL);
    const task = `failed to add u32 filter redirecting from device ${
      quote(from.name)
    } to device ${quote(to.name)}`;
    checkStatus(rtnl, task, status);
  });
}

function fillRedirect(rtnl: Rtnl, action: bigint, { index }: LinkInfo): void {
  const { calls } = rtnl;
  setKind(rtnl, action, MIRRED);
  const redirects = calls.rtnl_mirred_set_action(action, TCA_EGRESS_REDIR);
  checkStatus(rtnl, "rtnl_mirred_set_action", redirects);
  const steals = calls.rtnl_mirred_set_policy(action, TC_ACT_STOLEN);
  checkStatus(rtnl, "rtnl_mirred_set_policy", steals);
  const aimed = calls.rtnl_mirred_set_ifindex(action, index);
  checkStatus(rtnl, "rtnl_mirred_set_ifindex", aimed);
}

/** A filter for what comes in at a link. */
export interface IngressFilter {
  /**
   * The index of the link that it redirects to, 0 if that is gone; `undefined`
   * if the filter is of another making.
   */
  readonly target?: number;
}

/** Lists the filters for what comes in at a link. */
export function listIngressFilters(
  rtnl: Rtnl,
  { index, name }: LinkInfo,
): IngressFilter[] {
  const { calls, socket } = rtnl;
  return readObjects(
    rtnl,
    `failed to list filters for device ${quote(name)}`,
    (list) => calls.rtnl_cls_alloc_cache(socket, index, INGRESS_HANDLE, list),
    (filter) => filterAt(rtnl, filter),
  );
}

/** u32 lists its hash tables too; their handles name no entry. */
const ENTRY = 0xfff;

function filterAt({ calls }: Rtnl, filter: bigint): IngressFilter | undefined {
  if ((calls.rtnl_tc_get_handle(filter) & ENTRY) === 0) return undefined;
  // libnl aborts if a filter of another kind is asked for a u32's action.
  const kind = readText(calls, calls.rtnl_tc_get_kind(filter));
  const action = kind === U32 ? calls.rtnl_u32_get_action(filter) : 0n;
  if (action === 0n) return {};
  const deed = readText(calls, calls.rtnl_tc_get_kind(action));
  const redirects = deed === MIRRED &&
    calls.rtnl_mirred_get_action(action) === TCA_EGRESS_REDIR;
  return redirects ? { target: calls.rtnl_mirred_get_ifindex(action) } : {};
}
