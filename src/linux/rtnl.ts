/** A conversation with a namespace's rtnetlink, by libnl-route. */
import { VmConfError } from "../errors.ts";
import { readCString, toCString } from "./libc.ts";
import { adoptSocket, LIBNL, libnlError, NLE_OBJ_NOTFOUND } from "./libnl.ts";
import { INSTALL_LIBNL, loadFunctions, loadLibrary } from "./library.ts";
import { type OpenNetns, openSocketInNetns, ROUTE_SOCKET } from "./netns.ts";
import { TUN } from "./tap.ts";

/** The prototypes that taps, links, qdiscs, filters and their actions take. */
const RTNL = {
  ...LIBNL,
  ...TUN,
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

  /** `struct rtnl_link *rtnl_link_alloc(void)` */
  rtnl_link_alloc: { parameters: [], result: "usize" },
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

/** The functions of libnl-route, libnl and libc, ready to be called. */
export type RtnlCalls = Deno.StaticForeignLibraryInterface<typeof RTNL>;

/** Loads the functions. */
export function loadRtnlCalls(task: string): RtnlCalls {
  const { kind, path } = loadLibrary(task);
  if (kind === "libc") {
    throw new VmConfError(
      "no-library",
      `${task}: libnl-route could not be loaded, and ${path} alone is not enough`,
      { hint: INSTALL_LIBNL },
    );
  }
  return loadFunctions(RTNL, task);
}

/** An open conversation with one namespace. */
export interface Rtnl extends Disposable {
  /** The functions. */
  readonly calls: RtnlCalls;
  /** libnl's socket, which belongs to the namespace. */
  readonly socket: bigint;
  /** How messages begin. */
  readonly task: string;
}

/**
 * Begins a conversation with a namespace. Every request of it is acknowledged
 * by the kernel, so that no failure goes unnoticed.
 */
export function connectRtnl(calls: RtnlCalls, netns: OpenNetns): Rtnl {
  const { task } = netns;
  const socket = adoptSocket(
    calls,
    openSocketInNetns(calls, netns, ROUTE_SOCKET),
    task,
  );
  return {
    calls,
    socket,
    task,
    [Symbol.dispose]: () => calls.nl_socket_free(socket),
  };
}

/** Insists that a call worked. */
export function checkStatus(
  { calls, task }: Pick<Rtnl, "calls" | "task">,
  what: string,
  status: number,
): void {
  if (status < 0) throw libnlError(calls, task, what, status);
}

const NLE_NOMEM = 5;

/** Makes an object of libnl's, uses it and gives it back. */
export function withObject<T>(
  rtnl: Rtnl,
  kind: "link" | "qdisc" | "cls" | "act",
  use: (object: bigint) => T,
): T {
  const { calls } = rtnl;
  const object = calls[`rtnl_${kind}_alloc`]();
  if (object === 0n) throw libnlError(calls, rtnl.task, kind, -NLE_NOMEM);
  try {
    return use(object);
  } finally {
    calls[`rtnl_${kind}_put`](object);
  }
}

/** Asks for a list of objects, and reads each. */
export function readObjects<T>(
  rtnl: Rtnl,
  what: string,
  ask: (list: BigUint64Array<ArrayBuffer>) => number,
  read: (object: bigint) => T | undefined,
): T[] {
  const { calls } = rtnl;
  const list = new BigUint64Array(1);
  const status = ask(list);
  if (status === -NLE_OBJ_NOTFOUND) return [];
  checkStatus(rtnl, what, status);
  const [cache = 0n] = list;
  try {
    const found: T[] = [];
    let object = calls.nl_cache_get_first(cache);
    while (object !== 0n) {
      const value = read(object);
      if (value !== undefined) found.push(value);
      object = calls.nl_cache_get_next(object);
    }
    return found;
  } finally {
    calls.nl_cache_free(cache);
  }
}

/** Copies a text that libnl may not have. */
export function readText(calls: RtnlCalls, pointer: bigint): string {
  return pointer === 0n ? "" : readCString(calls, pointer);
}

/**
 * Gives a qdisc, filter or action its kind. Before that libnl gives it none of
 * the kind's properties.
 */
export function setKind(rtnl: Rtnl, object: bigint, kind: string): void {
  const status = rtnl.calls.rtnl_tc_set_kind(object, toCString(kind));
  checkStatus(rtnl, `rtnl_tc_set_kind ${kind}`, status);
}
