/** Prototypes of libnl-3 and libnl-route-3: netlink/*.h, netlink/route/*.h. */
import type { Libc } from "./libc.ts";

export const LIBNL = {
  /** `struct nl_sock *nl_socket_alloc(void)` */
  nl_socket_alloc: { parameters: [], result: "usize" },
  /** `int nl_socket_set_fd(struct nl_sock *sk, int protocol, int fd)` */
  nl_socket_set_fd: { parameters: ["usize", "i32", "i32"], result: "i32" },
  /** `void nl_socket_free(struct nl_sock *sk)` */
  nl_socket_free: { parameters: ["usize"], result: "void" },
  /** `void nl_socket_disable_auto_ack(struct nl_sock *sk)` */
  nl_socket_disable_auto_ack: { parameters: ["usize"], result: "void" },
  /** `void nl_socket_disable_msg_peek(struct nl_sock *sk)` */
  nl_socket_disable_msg_peek: { parameters: ["usize"], result: "void" },
  /** `int nl_socket_set_msg_buf_size(struct nl_sock *sk, size_t bufsize)` */
  nl_socket_set_msg_buf_size: { parameters: ["usize", "usize"], result: "i32" },
  /** `const char *nl_geterror(int error)` */
  nl_geterror: { parameters: ["i32"], result: "usize" },
  /** `struct nl_object *nl_cache_get_first(struct nl_cache *cache)` */
  nl_cache_get_first: { parameters: ["usize"], result: "usize" },
  /** `struct nl_object *nl_cache_get_next(struct nl_object *obj)` */
  nl_cache_get_next: { parameters: ["usize"], result: "usize" },
  /** `void nl_cache_free(struct nl_cache *cache)` */
  nl_cache_free: { parameters: ["usize"], result: "void" },
  /** `void *nl_addr_get_binary_addr(const struct nl_addr *addr)` */
  nl_addr_get_binary_addr: { parameters: ["usize"], result: "usize" },
  /** `unsigned int nl_addr_get_len(const struct nl_addr *addr)` */
  nl_addr_get_len: { parameters: ["usize"], result: "u32" },
  /** `const int nl_ver_maj`, not in all versions */
  nl_ver_maj: { type: "i32", optional: true },
  /** `const int nl_ver_min` */
  nl_ver_min: { type: "i32", optional: true },
  /** `const int nl_ver_mic` */
  nl_ver_mic: { type: "i32", optional: true },

  /** `struct rtnl_link *rtnl_link_alloc(void)` */
  rtnl_link_alloc: { parameters: [], result: "usize" },
  /** `int rtnl_link_get_kernel(struct nl_sock *sk, int ifindex, const char *name, struct rtnl_link **result)` */
  rtnl_link_get_kernel: {
    parameters: ["usize", "i32", "buffer", "buffer"],
    result: "i32",
  },
  /** `unsigned int rtnl_link_get_mtu(struct rtnl_link *link)` */
  rtnl_link_get_mtu: { parameters: ["usize"], result: "u32" },
  /** `void rtnl_link_put(struct rtnl_link *link)` */
  rtnl_link_put: { parameters: ["usize"], result: "void" },
  /** `int rtnl_link_alloc_cache(struct nl_sock *sk, int family, struct nl_cache **result)` */
  rtnl_link_alloc_cache: {
    parameters: ["usize", "i32", "buffer"],
    result: "i32",
  },
  /** `uint8_t rtnl_link_get_carrier(struct rtnl_link *link)` */
  rtnl_link_get_carrier: { parameters: ["usize"], result: "u8" },
  /** `int rtnl_link_get_ifindex(struct rtnl_link *link)` */
  rtnl_link_get_ifindex: { parameters: ["usize"], result: "i32" },
  /** `void rtnl_link_set_ifindex(struct rtnl_link *link, int ifindex)` */
  rtnl_link_set_ifindex: { parameters: ["usize", "i32"], result: "void" },
  /** `char *rtnl_link_get_name(struct rtnl_link *link)` */
  rtnl_link_get_name: { parameters: ["usize"], result: "usize" },
  /** `char *rtnl_link_get_type(struct rtnl_link *link)` */
  rtnl_link_get_type: { parameters: ["usize"], result: "usize" },
  /** `struct nl_addr *rtnl_link_get_addr(struct rtnl_link *link)` */
  rtnl_link_get_addr: { parameters: ["usize"], result: "usize" },
  /** `void rtnl_link_set_mtu(struct rtnl_link *link, unsigned int mtu)` */
  rtnl_link_set_mtu: { parameters: ["usize", "u32"], result: "void" },
  /** `void rtnl_link_set_flags(struct rtnl_link *link, unsigned int flags)` */
  rtnl_link_set_flags: { parameters: ["usize", "u32"], result: "void" },
  /** `int rtnl_link_change(struct nl_sock *sk, struct rtnl_link *orig, struct rtnl_link *changes, int flags)` */
  rtnl_link_change: {
    parameters: ["usize", "usize", "usize", "i32"],
    result: "i32",
  },
  /** `int rtnl_link_delete(struct nl_sock *sk, const struct rtnl_link *link)` */
  rtnl_link_delete: { parameters: ["usize", "usize"], result: "i32" },

  /** `void rtnl_tc_set_ifindex(struct rtnl_tc *tc, int ifindex)` */
  rtnl_tc_set_ifindex: { parameters: ["usize", "i32"], result: "void" },
  /** `int rtnl_tc_get_ifindex(struct rtnl_tc *tc)` */
  rtnl_tc_get_ifindex: { parameters: ["usize"], result: "i32" },
  /** `void rtnl_tc_set_parent(struct rtnl_tc *tc, uint32_t parent)` */
  rtnl_tc_set_parent: { parameters: ["usize", "u32"], result: "void" },
  /** `void rtnl_tc_set_handle(struct rtnl_tc *tc, uint32_t handle)` */
  rtnl_tc_set_handle: { parameters: ["usize", "u32"], result: "void" },
  /** `uint32_t rtnl_tc_get_handle(struct rtnl_tc *tc)` */
  rtnl_tc_get_handle: { parameters: ["usize"], result: "u32" },
  /** `int rtnl_tc_set_kind(struct rtnl_tc *tc, const char *kind)` */
  rtnl_tc_set_kind: { parameters: ["usize", "buffer"], result: "i32" },
  /** `char *rtnl_tc_get_kind(struct rtnl_tc *tc)` */
  rtnl_tc_get_kind: { parameters: ["usize"], result: "usize" },

  /** `struct rtnl_qdisc *rtnl_qdisc_alloc(void)` */
  rtnl_qdisc_alloc: { parameters: [], result: "usize" },
  /** `void rtnl_qdisc_put(struct rtnl_qdisc *qdisc)` */
  rtnl_qdisc_put: { parameters: ["usize"], result: "void" },
  /** `int rtnl_qdisc_add(struct nl_sock *sk, struct rtnl_qdisc *qdisc, int flags)` */
  rtnl_qdisc_add: { parameters: ["usize", "usize", "i32"], result: "i32" },
  /** `int rtnl_qdisc_delete(struct nl_sock *sk, struct rtnl_qdisc *qdisc)` */
  rtnl_qdisc_delete: { parameters: ["usize", "usize"], result: "i32" },
  /** `int rtnl_qdisc_alloc_cache(struct nl_sock *sk, struct nl_cache **result)` */
  rtnl_qdisc_alloc_cache: { parameters: ["usize", "buffer"], result: "i32" },

  /** `struct rtnl_cls *rtnl_cls_alloc(void)` */
  rtnl_cls_alloc: { parameters: [], result: "usize" },
  /** `void rtnl_cls_put(struct rtnl_cls *cls)` */
  rtnl_cls_put: { parameters: ["usize"], result: "void" },
  /** `int rtnl_cls_add(struct nl_sock *sk, struct rtnl_cls *cls, int flags)` */
  rtnl_cls_add: { parameters: ["usize", "usize", "i32"], result: "i32" },
  /** `void rtnl_cls_set_protocol(struct rtnl_cls *cls, uint16_t protocol)` */
  rtnl_cls_set_protocol: { parameters: ["usize", "u16"], result: "void" },
  /** `int rtnl_cls_alloc_cache(struct nl_sock *sk, int ifindex, uint32_t parent, struct nl_cache **result)` */
  rtnl_cls_alloc_cache: {
    parameters: ["usize", "i32", "u32", "buffer"],
    result: "i32",
  },

  /** `int rtnl_u32_add_key(struct rtnl_cls *cls, uint32_t value, uint32_t mask, int offset, int offmask)` */
  rtnl_u32_add_key: {
    parameters: ["usize", "u32", "u32", "i32", "i32"],
    result: "i32",
  },
  /** `int rtnl_u32_set_cls_terminal(struct rtnl_cls *cls)` */
  rtnl_u32_set_cls_terminal: { parameters: ["usize"], result: "i32" },
  /** `int rtnl_u32_add_action(struct rtnl_cls *cls, struct rtnl_act *act)` */
  rtnl_u32_add_action: { parameters: ["usize", "usize"], result: "i32" },
  /** `struct rtnl_act *rtnl_u32_get_action(struct rtnl_cls *cls)` */
  rtnl_u32_get_action: { parameters: ["usize"], result: "usize" },

  /** `struct rtnl_act *rtnl_act_alloc(void)` */
  rtnl_act_alloc: { parameters: [], result: "usize" },
  /** `void rtnl_act_put(struct rtnl_act *act)` */
  rtnl_act_put: { parameters: ["usize"], result: "void" },
  /** `int rtnl_mirred_set_action(struct rtnl_act *act, int action)` */
  rtnl_mirred_set_action: { parameters: ["usize", "i32"], result: "i32" },
  /** `int rtnl_mirred_get_action(struct rtnl_act *act)` */
  rtnl_mirred_get_action: { parameters: ["usize"], result: "i32" },
  /** `int rtnl_mirred_set_policy(struct rtnl_act *act, int policy)` */
  rtnl_mirred_set_policy: { parameters: ["usize", "i32"], result: "i32" },
  /** `int rtnl_mirred_set_ifindex(struct rtnl_act *act, uint32_t ifindex)` */
  rtnl_mirred_set_ifindex: { parameters: ["usize", "u32"], result: "i32" },
  /** `uint32_t rtnl_mirred_get_ifindex(struct rtnl_act *act)` */
  rtnl_mirred_get_ifindex: { parameters: ["usize"], result: "u32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** libnl's functions, and libc's, ready to be called. */
export type Libnl =
  & Libc
  & Deno.StaticForeignLibraryInterface<typeof LIBNL>;
