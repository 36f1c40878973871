/** libnl-route: what the kernel knows of a link, by rtnetlink. */
import { VmConfError } from "../errors.ts";
import { borrowCString, LIBC, readCString } from "./libc.ts";

/** The prototypes of libnl-3 and libnl-route-3, and those of libc. */
export const LIBNL = {
  ...LIBC,
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
  /** `int rtnl_link_get_kernel(struct nl_sock *sk, int ifindex, const char *name, struct rtnl_link **result)` */
  rtnl_link_get_kernel: {
    parameters: ["usize", "i32", "buffer", "buffer"],
    result: "i32",
  },
  /** `unsigned int rtnl_link_get_mtu(struct rtnl_link *link)` */
  rtnl_link_get_mtu: { parameters: ["usize"], result: "u32" },
  /** `void rtnl_link_put(struct rtnl_link *link)` */
  rtnl_link_put: { parameters: ["usize"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** libnl's and libc's functions, ready to be called. */
export type Libnl = Deno.StaticForeignLibraryInterface<typeof LIBNL>;

/** Where the kernel's answer is: an out-parameter that is used again. */
const link = new BigUint64Array(1);

const NETLINK_ROUTE = 0;

/** netlink/errno.h: what libnl calls an ENOENT, and an ENODEV. */
export const NLE_OBJ_NOTFOUND = 12;
/** netlink/errno.h: no such device. */
export const NLE_NODEV = 31;

/** Asks for a device's MTU by RTM_GETLINK. */
export function mtuByNetlink(
  libnl: Libnl,
  fd: number,
  device: string,
  task: string,
): number | undefined {
  const socket = adoptSocket(libnl, fd, task);
  spareCalls(libnl, socket);
  try {
    const name = borrowCString(device);
    const status = libnl.rtnl_link_get_kernel(socket, 0, name, link);
    if (status === -NLE_NODEV || status === -NLE_OBJ_NOTFOUND) return undefined;
    if (status < 0) {
      throw libnlError(libnl, task, "rtnl_link_get_kernel", status);
    }
    const [pointer = 0n] = link;
    try {
      return libnl.rtnl_link_get_mtu(pointer);
    } finally {
      libnl.rtnl_link_put(pointer);
    }
  } finally {
    libnl.nl_socket_free(socket);
  }
}

/** Makes a libnl socket of a descriptor, which it closes when it is freed. */
export function adoptSocket(libnl: Libnl, fd: number, task: string): bigint {
  const socket = libnl.nl_socket_alloc();
  if (socket === 0n) {
    libnl.close(fd);
    throw new VmConfError(
      "system-call",
      `${task}: nl_socket_alloc: cannot allocate memory`,
    );
  }
  const status = libnl.nl_socket_set_fd(socket, NETLINK_ROUTE, fd);
  if (status < 0) {
    libnl.close(fd);
    libnl.nl_socket_free(socket);
    throw libnlError(libnl, task, "nl_socket_set_fd", status);
  }
  return socket;
}

/** As much as the kernel ever puts into one answer: NLMSG_GOODSIZE and more. */
const LARGEST_ANSWER = 32_768n;

/**
 * One answer to one question: no acknowledgement behind it, and a buffer that
 * holds it, so that its size need not be asked for first.
 */
function spareCalls(libnl: Libnl, socket: bigint): void {
  libnl.nl_socket_disable_auto_ack(socket);
  if (libnl.nl_socket_set_msg_buf_size(socket, LARGEST_ANSWER) === 0) {
    libnl.nl_socket_disable_msg_peek(socket);
  }
}

/** Makes the error of a call of libnl's that failed. */
export function libnlError(
  libnl: Libnl,
  task: string,
  call: string,
  status: number,
): VmConfError {
  const reason = readCString(libnl, libnl.nl_geterror(status));
  return new VmConfError("system-call", `${task}: ${call}: ${reason}`);
}
