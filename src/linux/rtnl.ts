/** rtnetlink of a network namespace, spoken by libnl-route. */
import { VmConfError } from "../errors.ts";
import { NETLINK_ROUTE, NLE_NOMEM, NLE_OBJ_NOTFOUND } from "./abi/netlink.ts";
import { AF_NETLINK, SOCK_CLOEXEC, SOCK_RAW } from "./abi/net.ts";
import { readCString, toCString } from "./call.ts";
import type { OpenNetns } from "./netns.ts";
import { openSocketInNetns, type SocketType } from "./netns_enter.ts";
import type { Libnl } from "./symbols/libnl.ts";

const ROUTE_SOCKET: SocketType = [
  AF_NETLINK,
  SOCK_RAW | SOCK_CLOEXEC,
  NETLINK_ROUTE,
];

/** A connection to the rtnetlink of one namespace. */
export interface Rtnl extends Disposable {
  readonly libnl: Libnl;
  /** libnl's socket, which belongs to the namespace. */
  readonly socket: bigint;
  /** How messages begin. */
  readonly task: string;
}

/**
 * Connects to the rtnetlink of a namespace. The kernel acknowledges every
 * request, so no failure goes unnoticed.
 */
export function connectRtnl(libnl: Libnl, netns: OpenNetns): Rtnl {
  const fd = openSocketInNetns(libnl, netns, ROUTE_SOCKET);
  const socket = libnl.nl_socket_alloc();
  const rtnl: Rtnl = {
    libnl,
    socket,
    task: netns.task,
    [Symbol.dispose]: () => libnl.nl_socket_free(socket),
  };
  const [call, status] = socket === 0n
    ? ["nl_socket_alloc", -NLE_NOMEM]
    : ["nl_socket_set_fd", libnl.nl_socket_set_fd(socket, NETLINK_ROUTE, fd)];
  if (status < 0) {
    // libnl has not taken the descriptor over.
    libnl.close(fd);
    if (socket !== 0n) libnl.nl_socket_free(socket);
  }
  checkStatus(rtnl, call, status);
  return rtnl;
}

/** Throws if a call of libnl's failed. */
export function checkStatus(
  { libnl, task }: Rtnl,
  what: string,
  status: number,
): void {
  if (status >= 0) return;
  const reason = readCString(libnl, libnl.nl_geterror(status));
  throw new VmConfError("system-call", `${task}: ${what}: ${reason}`);
}

/** Allocates an object of libnl's, uses it and frees it. */
export function withObject<T>(
  rtnl: Rtnl,
  kind: "link" | "qdisc" | "cls" | "act",
  use: (object: bigint) => T,
): T {
  const { libnl } = rtnl;
  const object = libnl[`rtnl_${kind}_alloc`]();
  if (object === 0n) checkStatus(rtnl, `rtnl_${kind}_alloc`, -NLE_NOMEM);
  try {
    return use(object);
  } finally {
    libnl[`rtnl_${kind}_put`](object);
  }
}

/** Asks for a list of objects, and reads each; skips those read as `undefined`. */
export function readObjects<T>(
  rtnl: Rtnl,
  what: string,
  ask: (list: BigUint64Array<ArrayBuffer>) => number,
  read: (object: bigint) => T | undefined,
): T[] {
  const { libnl } = rtnl;
  const list = new BigUint64Array(1);
  const status = ask(list);
  if (status === -NLE_OBJ_NOTFOUND) return [];
  checkStatus(rtnl, what, status);
  const [cache = 0n] = list;
  try {
    const found: T[] = [];
    let object = libnl.nl_cache_get_first(cache);
    while (object !== 0n) {
      const value = read(object);
      if (value !== undefined) found.push(value);
      object = libnl.nl_cache_get_next(object);
    }
    return found;
  } finally {
    libnl.nl_cache_free(cache);
  }
}

/** Copies a text; libnl returns NULL where there is none. */
export function readText(libnl: Libnl, pointer: bigint): string {
  return pointer === 0n ? "" : readCString(libnl, pointer);
}

/**
 * Sets the kind of a qdisc, filter or action. libnl refuses all properties of a
 * kind before that.
 */
export function setKind(rtnl: Rtnl, object: bigint, kind: string): void {
  const status = rtnl.libnl.rtnl_tc_set_kind(object, toCString(kind));
  checkStatus(rtnl, `rtnl_tc_set_kind ${kind}`, status);
}
