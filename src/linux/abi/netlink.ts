/** rtnetlink, traffic control, and the errors of libnl. */

// netlink(7): linux/netlink.h
export const NETLINK_ROUTE = 0;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

// netlink/errno.h of libnl; its functions return them negative.
export const NLE_NOMEM = 5;
export const NLE_EXIST = 6;
/** What libnl makes of ENOENT. */
export const NLE_OBJ_NOTFOUND = 12;
export const NLE_NODEV = 31;

/** linux/pkt_sched.h: the parent of the ingress qdisc. */
export const TC_H_INGRESS = 0xffff_fff1;

/** `ffff:` of tc(8): the ingress qdisc's handle, and its filters' parent. */
export const INGRESS_HANDLE = 0xffff_0000;

/** linux/pkt_cls.h, TC_U32_NODE: the part of a handle that names a filter. */
export const TC_U32_NODE = 0xfff;

// linux/pkt_cls.h, linux/tc_act/tc_mirred.h
export const TC_ACT_STOLEN = 4;
export const TCA_EGRESS_REDIR = 1;

/** linux/if_ether.h: every protocol. */
export const ETH_P_ALL = 3;
