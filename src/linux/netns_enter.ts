/** The one window in which the thread is in another network namespace. */
import { quote, VmConfError } from "../errors.ts";
import { attempt, type Libc, toCString } from "./libc.ts";

/** Opens a namespace's file for nothing but to enter it, open(2). */
export const O_RDONLY_NONBLOCK_CLOEXEC = 0o2004000;

/** setns(2), unshare(2). */
export const CLONE_NEWNET = 0x4000_0000;

/** What is done away from the process's own namespace. */
export interface EnterOptions {
  /** How messages begin, such as `failed to find MTU`. */
  readonly task: string;
  /** The other namespace's file, for messages. */
  readonly path: string;
  /** One call of libc's that enters it; negative if it failed. */
  readonly enter: () => number;
  /** The error if entering or returning is refused. */
  readonly denied: (reason: string) => VmConfError;
  /** What is done, for messages, such as `make a socket`; asked for if it fails. */
  readonly deed: () => string;
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
 */
export function enterNetns(
  libc: Libc,
  { task, path, enter, denied, deed, make }: EnterOptions,
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
      throw systemCall(`${task}: cannot ${deed()}: ${made}`);
    }
    return made;
  } finally {
    libc.close(home);
  }
}

/** Namespaces are a thread's, so not `/proc/self`, which is the first one's. */
const HOME = "/proc/thread-self/ns/net";
const HOME_FILE = toCString(HOME);

/**
 * Makes a new network namespace, which lives as long as it is open somewhere.
 */
export function unshareNetns(
  libc: Libc,
  unshare: (flags: number) => number,
  path: string,
  task: string,
): number {
  return enterNetns(libc, {
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
    deed: () => `open ${HOME}`,
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

function systemCall(reason: string): VmConfError {
  return new VmConfError("system-call", reason);
}
