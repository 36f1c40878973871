/** Network namespaces: opening one, and making a socket inside it. */
import { printable, quote, VmConfError } from "../errors.ts";
import { attempt, cString, type Libc } from "./libc.ts";
import { DO_WITHOUT } from "./library.ts";

const O_RDONLY_NONBLOCK_CLOEXEC = 0o2004000;

/** File systems that namespaces' files belong to: statfs(2). */
const NSFS_MAGIC = 0x6e73_6673n;
const PROC_SUPER_MAGIC = 0x9fa0n;
const STATFS_SIZE = 120;

/** ioctl_ns(2) and setns(2). */
const NS_GET_NSTYPE = 0xb703n;
const CLONE_NEWNET = 0x4000_0000;

/** socket(2): what a socket is for. */
export interface SocketType {
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
}

const SOCK_CLOEXEC = 0o2000000;

/** `NETLINK_ROUTE`, as libnl-route speaks it. */
export const ROUTE_SOCKET: SocketType = {
  domain: 16,
  type: 3 | SOCK_CLOEXEC,
  protocol: 0,
};

/** Any socket will do for netdevice(7). */
export const DEVICE_SOCKET: SocketType = {
  domain: 2,
  type: 2 | SOCK_CLOEXEC,
  protocol: 0,
};

/**
 * Opens a network namespace.
 *
 * @param libc libc.
 * @param path The namespace's file, such as `/run/netns/vm-1`.
 * @param task What it is opened for: how messages begin.
 * @returns The namespace; its descriptor is to be closed by the caller.
 * @throws {VmConfError} `invalid-netns` if the path is missing or something
 * else.
 */
export function openNetns(libc: Libc, path: string, task: string): OpenNetns {
  // Asked first, as Go does: opening another kind of file may block or act.
  const file = cString(path);
  const magic = fileSystemOf(libc, path, file);
  if (magic !== NSFS_MAGIC && magic !== PROC_SUPER_MAGIC) {
    throw notFound(
      path,
      `unknown FS magic on ${quote(path)}: ${magic.toString(16)}`,
      "It is a file of another kind: give the path of a network namespace, such as one that `ip netns add` made in /run/netns.",
    );
  }
  const fd = attempt(libc, () => libc.open(file, O_RDONLY_NONBLOCK_CLOEXEC));
  if (typeof fd === "string") {
    throw notFound(path, `failed to open ${quote(path)}: ${fd}`);
  }
  if (libc.ioctl(fd, NS_GET_NSTYPE, null) !== CLONE_NEWNET) {
    libc.close(fd);
    throw new VmConfError(
      "invalid-netns",
      `${task}: ${switching(path)}: invalid argument`,
      { hint: "The file is there, but it is not a network namespace." },
    );
  }
  return { fd, path, task };
}

function fileSystemOf(
  libc: Libc,
  path: string,
  file: ReturnType<typeof cString>,
): bigint {
  const statfs = new BigUint64Array(STATFS_SIZE / 8);
  const status = path.includes("\0")
    ? "invalid argument"
    : attempt(libc, () => libc.statfs(file, statfs));
  if (typeof status === "number") return statfs[0] ?? 0n;
  throw notFound(
    path,
    `failed to Statfs ${quote(path)}: ${status}`,
    path === ""
      ? "The tap has no sandbox in the result, so nobody knows its namespace."
      : "Has the namespace been deleted, or is it in another mount namespace? `ip netns list` shows those that have a name.",
  );
}

/** A network namespace that is open, and what it is opened for. */
export interface OpenNetns {
  /** The descriptor; it stays open. */
  readonly fd: number;
  /** The namespace's file, for messages. */
  readonly path: string;
  /** How messages begin, such as `failed to find MTU`. */
  readonly task: string;
}

/**
 * Makes a socket inside a network namespace; see {@linkcode madeInNetns}.
 *
 * @param libc libc.
 * @param netns The namespace.
 * @param kind What the socket is for.
 * @returns A descriptor of the socket, to be closed by the caller.
 * @throws {VmConfError} `netns-denied` if the process may not enter.
 */
export function socketInNetns(
  libc: Libc,
  netns: OpenNetns,
  { domain, type, protocol }: SocketType,
): number {
  return madeInNetns(
    libc,
    netns,
    "make a socket",
    () => libc.socket(domain, type, protocol),
  );
}

/**
 * Makes something inside a network namespace, and comes straight back; see
 * {@linkcode madeAway}.
 *
 * @param libc libc.
 * @param netns The namespace.
 * @param deed What is done, for messages, such as `make a socket`.
 * @param make One call of libc's that makes a descriptor; negative if it failed.
 * @returns The descriptor, to be closed by the caller.
 * @throws {VmConfError} `netns-denied` if the process may not enter;
 * `system-call` if nothing could be made.
 */
export function madeInNetns(
  libc: Libc,
  { fd, path, task }: OpenNetns,
  deed: string,
  make: () => number,
): number {
  return madeAway(libc, {
    task,
    path,
    enter: () => libc.setns(fd, CLONE_NEWNET),
    denied: (reason) => mayNotEnter(task, path, reason),
    deed: `${deed} in netns ${quote(path)}`,
    make,
  });
}

/** What is done away from the process's own namespace. */
export interface Excursion {
  /** How messages begin, such as `failed to find MTU`. */
  readonly task: string;
  /** The other namespace's file, for messages. */
  readonly path: string;
  /** One call of libc's that enters it; negative if it failed. */
  readonly enter: () => number;
  /** The error if entering or returning is refused. */
  readonly denied: (reason: string) => VmConfError;
  /** What is done, for messages, such as `make a socket`. */
  readonly deed: string;
  /** One call of libc's that makes a descriptor; negative if it failed. */
  readonly make: () => number;
}

/**
 * Makes something in another network namespace, and comes straight back.
 *
 * This is the only function of the house that is ever inside, for three system
 * calls: enter, make a descriptor, go back. A socket belongs for good to the
 * namespace that it was made in, so everything else happens outside. The order:
 *
 * 1. Open the way back before anything else.
 * 2. Try the way back while still at home. In a user namespace without a
 *    network namespace of its own, entering works and returning is refused.
 * 3. Enter. If that fails, nothing may be asked: a socket made now would
 *    answer, but for the wrong namespace.
 * 4. Make the descriptor, and go back at once, whatever came of it.
 * 5. If going back fails, end the process: everything it did from now on would
 *    happen in the wrong namespace.
 *
 * No `await` and no other call of Deno's stands between 3 and 4, as those may
 * start threads, which would stay inside.
 *
 * @param libc libc.
 * @param excursion Where to go, and what to make there.
 * @returns The descriptor, to be closed by the caller.
 * @throws {VmConfError} What `denied` gives if the process may not enter;
 * `system-call` if nothing could be made.
 */
export function madeAway(
  libc: Libc,
  { task, path, enter, denied, deed, make }: Excursion,
): number {
  const home = attempt(
    libc,
    () => libc.open(HOME_FILE, O_RDONLY_NONBLOCK_CLOEXEC),
  );
  if (typeof home === "string") {
    throw systemCall(`${task}: cannot open ${HOME}: ${home}`);
  }
  const goHome = () => libc.setns(home, CLONE_NEWNET);
  try {
    for (const go of [goHome, enter]) {
      const gone = attempt(libc, go);
      if (typeof gone === "string") throw denied(gone);
    }
    const made = attempt(libc, make);
    if (goHome() < 0 && goHome() < 0) endProcess(libc, path);
    if (typeof made === "string") {
      throw systemCall(`${task}: cannot ${deed}: ${made}`);
    }
    return made;
  } finally {
    libc.close(home);
  }
}

/** Namespaces are a thread's, so not `/proc/self`, which is the first one's. */
const HOME = "/proc/thread-self/ns/net";
const HOME_FILE = cString(HOME);

/**
 * Makes a new network namespace, which lives as long as it is open somewhere.
 *
 * @param libc libc.
 * @param unshare `int unshare(int flags)` of libc.
 * @param path Where it is to be found, for messages.
 * @param task What it is for: how messages begin.
 * @returns A descriptor of the namespace, to be closed by the caller.
 * @throws {VmConfError} `netns-denied` if the process may not make one.
 */
export function newNetns(
  libc: Libc,
  unshare: (flags: number) => number,
  path: string,
  task: string,
): number {
  return madeAway(libc, {
    task,
    path,
    enter: () => unshare(CLONE_NEWNET),
    denied: (reason) =>
      new VmConfError(
        "netns-denied",
        `${task}: failed to unshare netns: ${reason}`,
        {
          hint:
            "Making a network namespace takes CAP_SYS_ADMIN: run as root, or in `unshare --map-root-user --net --mount`.",
        },
      ),
    deed: `open ${HOME}`,
    make: () => libc.open(HOME_FILE, O_RDONLY_NONBLOCK_CLOEXEC),
  });
}

/** EX_SOFTWARE of sysexits(3). */
const EXIT_LOST = 70;

function endProcess(libc: Libc, path: string): never {
  const message = `vmconf: cannot leave the network namespace ${
    quote(path)
  }: ending the process, as all that it did from now on would happen in there\n`;
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(message));
  } finally {
    libc._exit(EXIT_LOST);
  }
  throw new Error("unreachable");
}

function mayNotEnter(task: string, path: string, reason: string): VmConfError {
  return new VmConfError(
    "netns-denied",
    `${task}: ${switching(path)}: ${reason}`,
    {
      hint:
        `Entering a network namespace takes CAP_SYS_ADMIN: run as root, or in \`unshare --map-root-user --net --mount\` for namespaces made there. ${DO_WITHOUT}`,
    },
  );
}

/** Go's words, which say it twice. */
function switching(path: string): string {
  const shown = printable(path);
  return `error switching to ns ${shown}: Error switching to ns ${shown}`;
}

function notFound(path: string, reason: string, hint?: string): VmConfError {
  return new VmConfError(
    "invalid-netns",
    `failed to find netns at path ${quote(path)}: ${reason}`,
    { hint },
  );
}

function systemCall(reason: string): VmConfError {
  return new VmConfError("system-call", reason);
}
