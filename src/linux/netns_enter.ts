/** How a network namespace is entered: for one libc call, and back at once. */
import { printable, quote, VmConfError } from "../errors.ts";
import { EINVAL, errnoText } from "./abi/errno.ts";
import { O_CLOEXEC } from "./abi/file.ts";
import { CLONE_NEWNET } from "./abi/net.ts";
import { EX_SOFTWARE } from "./abi/process.ts";
import { callLibc, systemCallError, toCString } from "./call.ts";
import { hintWithoutKernel } from "./library.ts";
import { type OpenNetns, OWN_NETNS, readNamespaceType } from "./netns.ts";
import type { Libc } from "./symbols/libc.ts";

/** What to do in another network namespace, and the words for messages. */
interface EnterOptions {
  /** How messages begin, such as `failed to find MTU`. */
  readonly task: string;
  /** The other namespace's path, for messages. */
  readonly path: string;
  /** The libc call that enters the other namespace. */
  readonly enter: () => number;
  /** Makes the error if entering or returning is refused. */
  readonly refuse: (errno: number) => VmConfError;
  /** The libc call to make inside: one of CALLED_INSIDE that opens a descriptor. */
  readonly open: () => number;
  /** What `open` does, for messages, such as `make a socket`. */
  readonly what: string;
}

/**
 * Enters another network namespace, opens one descriptor there, returns to the
 * process's own namespace, and gives the descriptor.
 *
 * One descriptor is all that anybody needs from inside: a socket, and a file of
 * `/dev/net/tun`, belongs for good to the namespace that it was opened in. Every
 * request on it is made from outside. So this is the only function of vmconf
 * that is ever in another namespace, and only for three system calls: enter,
 * open, return.
 *
 * A thread is in a namespace, not a process: setns(2). All our code runs on one
 * thread, so while it is inside, everything that Deno does on it happens inside,
 * too. And a thread that starts now starts inside, and stays there for good.
 * Hence the order:
 *
 * 1. Open the own namespace, to have the way back before anything else.
 * 2. Try the way back from outside. In a user namespace that has no network
 *    namespace of its own, entering works and returning is refused (EPERM).
 * 3. Enter. If that fails, open nothing: a socket would answer all the same, but
 *    for the wrong namespace.
 * 4. Open the descriptor, and return at once, whatever came of it.
 * 5. If returning fails twice, end the process with exit code 70. Everything
 *    that it did from now on would happen in the wrong namespace.
 *
 * From step 3 until the return in step 4 there is no `await`, no `nonblocking`
 * call, and nothing of Deno's. That is why the functions that are called inside
 * (CALLED_INSIDE) are made callable when the library is loaded.
 */
export function enterNetns(
  libc: Libc,
  { task, path, enter, refuse, open, what }: EnterOptions,
): number {
  const own = callLibc(libc, () => openOwnNetns(libc));
  if (own < 0) throw systemCallError(`${task}: cannot open ${OWN_NETNS}`, own);
  try {
    const goBack = () => libc.setns(own, CLONE_NEWNET);
    const probed = callLibc(libc, goBack);
    if (probed < 0) throw refuse(-probed);
    const entered = callLibc(libc, enter);
    if (entered < 0) throw refuse(-entered);
    let fd: number;
    try {
      fd = callLibc(libc, open);
    } finally {
      if (goBack() < 0 && goBack() < 0) endProcess(libc, path);
    }
    if (fd >= 0) return fd;
    throw systemCallError(
      `${task}: cannot ${what} in netns ${quote(path)}`,
      fd,
    );
  } finally {
    libc.close(own);
  }
}

const OWN_NETNS_FILE = toCString(OWN_NETNS);

function openOwnNetns(libc: Libc): number {
  return libc.open(OWN_NETNS_FILE, O_CLOEXEC, 0);
}

function endProcess(libc: Libc, path: string): never {
  const message = `vmconf: cannot leave the network namespace ${
    quote(path)
  }: the process ends, because everything that it did from now on would happen in there\n`;
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(message));
  } finally {
    libc._exit(EX_SOFTWARE);
  }
  throw new Error("unreachable");
}

/** Opens a descriptor in a network namespace that is open. */
export function openInNetns(
  libc: Libc,
  netns: OpenNetns,
  what: string,
  open: () => number,
): number {
  const { fd, path, task } = netns;
  return enterNetns(libc, {
    task,
    path,
    enter: () => libc.setns(fd, CLONE_NEWNET),
    refuse: (errno) => enteringError(libc, netns, errno),
    open,
    what,
  });
}

/** What socket(2) takes. */
export type SocketType = readonly [
  domain: number,
  type: number,
  protocol: number,
];

export function openSocketInNetns(
  libc: Libc,
  netns: OpenNetns,
  [domain, type, protocol]: SocketType,
): number {
  return openInNetns(
    libc,
    netns,
    "make a socket",
    () => libc.socket(domain, type, protocol),
  );
}

/** Makes a network namespace, which lives for as long as somebody has it open. */
export function openNewNetns(libc: Libc, path: string, task: string): number {
  return enterNetns(libc, {
    task,
    path,
    enter: () => libc.unshare(CLONE_NEWNET),
    refuse: (errno) =>
      new VmConfError(
        "netns-denied",
        `${task}: failed to unshare netns: ${errnoText(errno)}`,
        {
          hint:
            "Making a network namespace needs CAP_SYS_ADMIN: run as root, or in `unshare --map-root-user --net --mount`.",
        },
      ),
    open: () => openOwnNetns(libc),
    what: `open ${OWN_NETNS}`,
  });
}

function enteringError(
  libc: Libc,
  { fd, path, task }: OpenNetns,
  errno: number,
): VmConfError {
  const shown = printable(path);
  // The Go package says it twice.
  const what =
    `${task}: error switching to ns ${shown}: Error switching to ns ${shown}`;
  if (readNamespaceType(libc, fd) !== CLONE_NEWNET) {
    return new VmConfError("invalid-netns", `${what}: ${errnoText(EINVAL)}`, {
      hint: "The file is there, but it is not a network namespace.",
    });
  }
  return new VmConfError("netns-denied", `${what}: ${errnoText(errno)}`, {
    hint:
      `Entering a network namespace needs CAP_SYS_ADMIN: run as root, or in \`unshare --map-root-user --net --mount\` for namespaces made there. ${
        hintWithoutKernel(task)
      }`.trim(),
  });
}
