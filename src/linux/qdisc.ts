/** The ingress qdisc of a link, which filters for incoming traffic hang on. */
import { quote } from "../errors.ts";
import {
  INGRESS_HANDLE,
  NLE_EXIST,
  NLM_F_CREATE,
  NLM_F_EXCL,
  TC_H_INGRESS,
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

/**
 * Adds the ingress qdisc to a link, and tells whether it could: no, if an ingress
 * or clsact qdisc is there.
 *
 * Equivalent to: `tc qdisc add dev $link ingress`
 */
export function addIngressQdisc(rtnl: Rtnl, link: LinkInfo): boolean {
  const { libnl, socket } = rtnl;
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  const status = withIngress(
    rtnl,
    link,
    (qdisc) => libnl.rtnl_qdisc_add(socket, qdisc, flags),
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
  const name = quote(link.name);
  checkStatus(
    rtnl,
    `failed to remove ingress qdisc from device ${name}`,
    status,
  );
}

/** Whether a link has the ingress qdisc. A clsact qdisc, which has the same parent, is none. */
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
