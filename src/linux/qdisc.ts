/** The qdisc that filters for incoming traffic hang on. */
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

/** linux/pkt_sched.h: where the ingress qdisc hangs, and its handle. */
const TC_H_INGRESS = 0xffff_fff1;
const INGRESS_HANDLE = 0xffff_0000;

const INGRESS = "ingress";

/** netlink(7): make it, and fail if it is there. */
const NLM_F_CREATE_EXCL = 0x600;

/** netlink/errno.h: what NLM_F_EXCL leads to if there is one. */
const NLE_EXIST = 6;

/**
 * Adds the ingress qdisc to a link.
 *
 * Source: rtnetlink(7), RTM_NEWQDISC; tc(8).
 */
export function addIngressQdisc(rtnl: Rtnl, link: LinkInfo): boolean {
  const status = withIngress(
    rtnl,
    link,
    (qdisc) => rtnl.calls.rtnl_qdisc_add(rtnl.socket, qdisc, NLM_F_CREATE_EXCL),
  );
  if (status === -NLE_EXIST) return false;
  const name = quote(link.name);
  checkStatus(rtnl, `failed to add ingress qdisc to device ${name}`, status);
  return true;
}

/**
 * Removes the ingress qdisc of a link, with all filters on it; if it is gone
 * already, that is no failure.
 */
export function removeIngressQdisc(rtnl: Rtnl, link: LinkInfo): void {
  if (!hasIngressQdisc(rtnl, link)) return;
  const status = withIngress(
    rtnl,
    link,
    (qdisc) => rtnl.calls.rtnl_qdisc_delete(rtnl.socket, qdisc),
  );
  const name = quote(link.name);
  checkStatus(
    rtnl,
    `failed to remove ingress qdisc from device ${name}`,
    status,
  );
}

/**
 * Whether a link has the ingress qdisc. A clsact, which hangs at the same place,
 * is none.
 */
export function hasIngressQdisc(rtnl: Rtnl, { index }: LinkInfo): boolean {
  const { calls, socket } = rtnl;
  return readObjects(
    rtnl,
    "failed to list qdiscs",
    (list) => calls.rtnl_qdisc_alloc_cache(socket, list),
    (qdisc) =>
      calls.rtnl_tc_get_ifindex(qdisc) === index &&
      readText(calls, calls.rtnl_tc_get_kind(qdisc)) === INGRESS,
  ).includes(true);
}

function withIngress(
  rtnl: Rtnl,
  link: LinkInfo,
  use: (qdisc: bigint) => number,
): number {
  return withObject(rtnl, "qdisc", (qdisc) => {
    rtnl.calls.rtnl_tc_set_ifindex(qdisc, link.index);
    rtnl.calls.rtnl_tc_set_parent(qdisc, TC_H_INGRESS);
    rtnl.calls.rtnl_tc_set_handle(qdisc, INGRESS_HANDLE);
    setKind(rtnl, qdisc, INGRESS);
    return use(qdisc);
  });
}
