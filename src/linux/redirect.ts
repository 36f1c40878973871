/**
 * The redirect of everything that comes in at one link out at another: an ingress
 * qdisc, and a filter on it.
 */
import { quote } from "../errors.ts";
import {
  ETH_P_ALL,
  INGRESS_HANDLE,
  NLE_EXIST,
  NLM_F_CREATE,
  NLM_F_EXCL,
  TC_ACT_STOLEN,
  TC_H_INGRESS,
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

const INGRESS = "ingress";
const U32 = "u32";
const MIRRED = "mirred";

/** Fails if it is there already. */
const NEW = NLM_F_CREATE | NLM_F_EXCL;

/**
 * Adds the ingress qdisc to a link, and tells whether it could: no, if an ingress
 * or clsact qdisc is there.
 *
 * Equivalent to: `tc qdisc add dev $link ingress`
 */
export function addIngressQdisc(rtnl: Rtnl, link: LinkInfo): boolean {
  const { libnl, socket } = rtnl;
  const status = withIngress(
    rtnl,
    link,
    (qdisc) => libnl.rtnl_qdisc_add(socket, qdisc, NEW),
  );
  if (status === -NLE_EXIST) return false;
  const name = quote(link.name);
  checkStatus(rtnl, `failed to add ingress qdisc to device ${name}`, status);
  return true;
}

/**
 * Removes the ingress qdisc of a link, with all filters on it. It is no failure if
 * the qdisc is gone already.
 *
 * Equivalent to: `tc qdisc delete dev $link ingress`
 */
export function removeIngressQdisc(rtnl: Rtnl, link: LinkInfo): void {
  if (!hasIngressQdisc(rtnl, link)) return;
  const { libnl, socket } = rtnl;
  const status = withIngress(
    rtnl,
    link,
    (qdisc) => libnl.rtnl_qdisc_delete(socket, qdisc),
  );
  const what = `failed to remove ingress qdisc from device ${quote(link.name)}`;
  checkStatus(rtnl, what, status);
}

/** A clsact qdisc, which has the same parent, does not count. */
export function hasIngressQdisc(rtnl: Rtnl, { index }: LinkInfo): boolean {
  const { libnl, socket } = rtnl;
  return readObjects(
    rtnl,
    "failed to list qdiscs",
    (list) => libnl.rtnl_qdisc_alloc_cache(socket, list),
    (qdisc) =>
      libnl.rtnl_tc_get_ifindex(qdisc) === index &&
      readText(libnl, libnl.rtnl_tc_get_kind(qdisc)) === INGRESS,
  ).includes(true);
}

function withIngress(
  rtnl: Rtnl,
  link: LinkInfo,
  use: (qdisc: bigint) => number,
): number {
  return withObject(rtnl, "qdisc", (qdisc) => {
    rtnl.libnl.rtnl_tc_set_ifindex(qdisc, link.index);
    rtnl.libnl.rtnl_tc_set_parent(qdisc, TC_H_INGRESS);
    rtnl.libnl.rtnl_tc_set_handle(qdisc, INGRESS_HANDLE);
    setKind(rtnl, qdisc, INGRESS);
    return use(qdisc);
  });
}

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
      setKind(rtnl, action, MIRRED);
      const redirects = libnl.rtnl_mirred_set_action(action, TCA_EGRESS_REDIR);
      check("rtnl_mirred_set_action", redirects);
      const steals = libnl.rtnl_mirred_set_policy(action, TC_ACT_STOLEN);
      check("rtnl_mirred_set_policy", steals);
      const aims = libnl.rtnl_mirred_set_ifindex(action, to.index);
      check("rtnl_mirred_set_ifindex", aims);
      const added = libnl.rtnl_u32_add_action(filter, action);
      check("rtnl_u32_add_action", added);
    });
    check(
      `failed to add u32 filter redirecting from device ${
        quote(from.name)
      } to device ${quote(to.name)}`,
      libnl.rtnl_cls_add(socket, filter, NEW),
    );
  });
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
