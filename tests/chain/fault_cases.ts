/**
 * How the outside world can fail: for each function of the chain's table, the
 * errors of its manual page, and whether it changes something.
 */

/** The errors, with their numbers and the words of strerror(3). */
export const ERRNOS = {
  EPERM: [1, "Operation not permitted"],
  ENOENT: [2, "No such file or directory"],
  ESRCH: [3, "No such process"],
  EINTR: [4, "Interrupted system call"],
  EIO: [5, "Input/output error"],
  ENXIO: [6, "No such device or address"],
  E2BIG: [7, "Argument list too long"],
  ENOEXEC: [8, "Exec format error"],
  EBADF: [9, "Bad file descriptor"],
  EAGAIN: [11, "Resource temporarily unavailable"],
  ENOMEM: [12, "Cannot allocate memory"],
  EACCES: [13, "Permission denied"],
  EBUSY: [16, "Device or resource busy"],
  EEXIST: [17, "File exists"],
  EXDEV: [18, "Invalid cross-device link"],
  ENODEV: [19, "No such device"],
  ENOTDIR: [20, "Not a directory"],
  EISDIR: [21, "Is a directory"],
  EINVAL: [22, "Invalid argument"],
  ENFILE: [23, "Too many open files in system"],
  EMFILE: [24, "Too many open files"],
  ENOTTY: [25, "Inappropriate ioctl for device"],
  ETXTBSY: [26, "Text file busy"],
  EFBIG: [27, "File too large"],
  ENOSPC: [28, "No space left on device"],
  EROFS: [30, "Read-only file system"],
  EMLINK: [31, "Too many links"],
  ENAMETOOLONG: [36, "File name too long"],
  ENOLCK: [37, "No locks available"],
  ENOSYS: [38, "Function not implemented"],
  ELOOP: [40, "Too many levels of symbolic links"],
  EOVERFLOW: [75, "Value too large for defined data type"],
  EUSERS: [87, "Too many users"],
  EOPNOTSUPP: [95, "Operation not supported"],
  EAFNOSUPPORT: [97, "Address family not supported by protocol"],
  ENOBUFS: [105, "No buffer space available"],
  EDQUOT: [122, "Disk quota exceeded"],
  // What libnl-route returns, negated: netlink/errno.h.
  NLE_FAILURE: [1, "Unspecific failure"],
  NLE_INTR: [2, "Interrupted system call"],
  NLE_BAD_SOCK: [3, "Bad socket"],
  NLE_NOMEM: [5, "Out of memory"],
  NLE_PERM: [28, "Operation not permitted"],
  NLE_DUMP_INTR: [33, "Dump inconsistency detected, interrupted"],
} as const satisfies Record<string, readonly [number, string]>;

/** The name of an error. */
export type Errno = keyof typeof ERRNOS;

/** How one function fails. */
export interface Faults {
  /** The errors of its manual page, the most common one first. */
  readonly errnos: readonly Errno[];
  /** Whether a call changes something that outlives the process. */
  readonly changes?: (args: readonly unknown[]) => boolean;
  /**
   * Errors by which the kernel says for certain that nothing is there, or nothing
   * of that kind: the chain may rely on them.
   */
  readonly denials?: readonly Errno[];
  /** What it returns when it fails, if that is not -1. */
  readonly failure?: 0n | -1n;
}

/** Of path_resolution(7), and of any disk. */
const PATH = [
  "EIO",
  "EACCES",
  "ENOENT",
  "ENOTDIR",
  "ELOOP",
  "ENAMETOOLONG",
] as const;
const GONE = ["ENOENT", "ENOTDIR"] as const;
const ROOM = ["ENOSPC", "EDQUOT", "EROFS"] as const;
const FULL_TABLE = ["EMFILE", "ENFILE", "ENOMEM"] as const;

const always = () => true;

/** open(2) */
const OPEN = {
  errnos: [
    ...FULL_TABLE,
    ...PATH,
    ...ROOM,
    "EINTR",
    "EEXIST",
    "EISDIR",
    "ENODEV",
    "ENXIO",
    "EOVERFLOW",
    "EPERM",
    "ETXTBSY",
  ],
  denials: GONE,
} as const;

/** stat(2) */
const STAT = {
  errnos: [...PATH, "ENOMEM", "EOVERFLOW"],
  denials: GONE,
} as const;

/** mkdir(2) */
const MKDIR = {
  errnos: [...PATH, ...ROOM, "EEXIST", "EINVAL", "EMLINK", "ENOMEM", "EPERM"],
  changes: always,
} as const;

/** link(2) */
const LINK = {
  errnos: [...PATH, ...ROOM, "EEXIST", "EMLINK", "ENOMEM", "EPERM", "EXDEV"],
  changes: always,
} as const;

/** unlink(2) */
const UNLINK = {
  errnos: [...PATH, "EBUSY", "EISDIR", "ENOMEM", "EPERM", "EROFS"],
  changes: always,
  denials: GONE,
} as const;

/** opendir(3), getdents(2) */
const READ_FOLDER = {
  errnos: [...PATH, ...FULL_TABLE],
  denials: GONE,
} as const;

/** read(2) */
const READ = ["EIO", "EINTR", "EAGAIN", "EBADF", "EINVAL", "EISDIR"] as const;

/** The table: Deno's functions, libc's and libnl-route's. */
export const FAULTS: Readonly<Record<string, Faults>> = {
  lstat: STAT,
  stat: STAT,
  fstat: { errnos: ["EIO", "EBADF", "ENOMEM", "EOVERFLOW"] },
  readDir: READ_FOLDER,
  open: {
    ...OPEN,
    changes: ([, options]) => Boolean(Object(options).write),
  },
  read: { errnos: READ },
  write: {
    errnos: ["ENOSPC", "EIO", "EINTR", "EDQUOT", "EFBIG", "EAGAIN", "EPERM"],
    changes: always,
  },
  // fsync(2)
  sync: { errnos: ["EIO", "ENOSPC", "EDQUOT", "EINTR", "EROFS", "EINVAL"] },
  mkdir: MKDIR,
  rename: {
    errnos: [...LINK.errnos, "EBUSY", "EINVAL", "EISDIR"],
    changes: always,
  },
  link: LINK,
  remove: UNLINK,
  // fork(2), pipe(2), execve(2)
  spawn: {
    errnos: [
      ...FULL_TABLE,
      ...PATH,
      "EAGAIN",
      "E2BIG",
      "ENOEXEC",
      "EPERM",
      "ETXTBSY",
    ],
    changes: always,
  },

  "libc.statfs": {
    errnos: [...PATH, "EINTR", "ENOMEM", "ENOSYS", "EOVERFLOW"],
    denials: GONE,
  },
  "libc.statx": { errnos: [...PATH, "EBADF", "ENOMEM"], denials: GONE },
  "libc.open": {
    ...OPEN,
    errnos: [...OPEN.errnos, "EOPNOTSUPP"],
    // O_CREAT, or O_TMPFILE
    changes: ([, flags]) => (Number(flags) & 0o20000100) !== 0,
  },
  // ioctl_ns(2), netdevice(7)
  "libc.ioctl": {
    errnos: ["EINTR", "EBADF", "EPERM", "EINVAL", "ENOTTY", "ENODEV"],
    denials: ["ENOTTY"],
  },
  "libc.setns": { errnos: ["EPERM", "EBADF", "EINVAL", "ENOMEM"] },
  "libc.socket": {
    errnos: [...FULL_TABLE, "EACCES", "EAFNOSUPPORT", "EINVAL", "ENOBUFS"],
  },
  "libc.getsockopt": { errnos: ["EBADF", "EINVAL"] },
  "libc.linkat": LINK,
  "libc.mkdir": MKDIR,
  "libc.unlink": UNLINK,
  "libc.unshare": {
    errnos: ["EPERM", "EINVAL", "ENOMEM", "ENOSPC", "EUSERS"],
    changes: always,
  },
  "libc.mount": {
    // Not EINVAL, by which the kernel says that a folder is no mount.
    errnos: [
      ...PATH,
      "EPERM",
      "EBUSY",
      "EMFILE",
      "ENODEV",
      "ENOMEM",
      "ENOSPC",
      "ENXIO",
      "EROFS",
    ],
    changes: always,
  },
  "libc.umount2": {
    errnos: ["EBUSY", "EAGAIN", "EINVAL", "ENOENT", "ENOMEM", "EPERM"],
    changes: always,
  },
  "libc.flock": { errnos: ["EINTR", "EAGAIN", "EBADF", "EINVAL", "ENOLCK"] },
  "libc.fcntl": { errnos: ["EBADF", "EINTR", "EINVAL"] },
  "libc.waitid": { errnos: ["EINTR", "EINVAL", "ESRCH"] },
  "libc.kill": { errnos: ["EPERM", "EINVAL", "ESRCH"], changes: always },
  "libc.opendir": { ...READ_FOLDER, failure: 0n },
  "libc.readdir": { errnos: ["EBADF"], failure: 0n },
  "libc.readlink": { ...STAT, failure: -1n },
  "libc.read": { errnos: READ, failure: -1n },

  "rtnl.nl_socket_alloc": { errnos: ["ENOMEM"], failure: 0n },
  "rtnl.nl_socket_set_fd": { errnos: ["NLE_BAD_SOCK", "NLE_NOMEM"] },
  "rtnl.rtnl_link_alloc_cache": {
    errnos: [
      "NLE_NOMEM",
      "NLE_INTR",
      "NLE_DUMP_INTR",
      "NLE_PERM",
      "NLE_FAILURE",
    ],
  },
};

/**
 * What cannot fail, or only reads memory, or returns how another call failed. If
 * closing fails, the descriptor is closed nevertheless.
 */
export const INFALLIBLE =
  /^(now|pause|(libc|rtnl)\.(geteuid|close|closedir|strlen|memcpy|__errno_location|_exit|gnu_get_libc_version)|rtnl\.(nl_cache_\w+|nl_addr_\w+|rtnl_link_get_\w+|rtnl_link_put|nl_socket_free|nl_socket_disable_\w+|nl_geterror))$/;

/** libnl-route's table has functions of libc's, too. */
export function listFaultsOf(name: string): Faults | undefined {
  return FAULTS[name] ?? FAULTS[name.replace(/^rtnl\./, "libc.")];
}

/** How long a failure lasts. */
export type Span =
  /** For one call. */
  | "once"
  /** While the same call is repeated and no other call is made. */
  | "attempt"
  /** For all calls of this function from now on. */
  | "always";

/** One call that fails. */
export interface Fault {
  readonly name: string;
  /** Which of the function's calls, from 1. */
  readonly nth: number;
  readonly errno: Errno;
  readonly span: Span;
}

/** A moment at which the process is killed. */
export interface Death {
  readonly when: "before" | "after";
  /** Which of the calls that change something, from 1. */
  readonly nth: number;
  /** The function, for people. */
  readonly name: string;
}

/** A call of the table, as it was made. */
export interface TableCall {
  readonly name: string;
  readonly nth: number;
  /** The path that it was given, or that its file was opened by. */
  readonly path: string;
  readonly changes: boolean;
}

/**
 * All that can fail in an operation: each call with each of its errors, and with
 * the most common one for longer, too.
 *
 * @param calls Its calls, when nothing fails.
 */
export function listFaults(calls: readonly TableCall[]): Fault[] {
  return calls.flatMap((call) => {
    const { name, nth } = call;
    const { errnos = [] } = listFaultsOf(name) ?? {};
    const [main, ...others] = listSpans(name);
    return errnos.filter((errno) => canBe(call, errno)).flatMap(
      (errno, index) => {
        const spans = index === 0 ? [main, ...others] : [main];
        return spans.map((span): Fault => ({ name, nth, errno, span }));
      },
    );
  });
}

/**
 * A small part of all that can fail: each call in one way. From call to call it is
 * another error, and another span.
 */
export function sampleFaults(calls: readonly TableCall[]): Fault[] {
  return calls.flatMap((call, index) => {
    const faults = listFaults([call]);
    return faults[index * 7 % faults.length] ?? [];
  });
}

/** A namespace that may end at any moment. */
const MORTAL = /^\/run\/netns\/vmconf-vm-/;

/**
 * The chain may rely on the system saying that something is missing. What the
 * sandbox has and nobody removes does exist.
 */
function canBe({ name, path }: TableCall, errno: Errno): boolean {
  if (!isDenied(name, errno) || isRemoval(name)) return true;
  if (MORTAL.test(path)) return true;
  return path !== "" && !/^\/run\/(netns|cni)/.test(path);
}

/** Whether a call fails because its namespace ends before it. */
export function endsNetns({ name, errno }: Fault, path: string): boolean {
  return isDenied(name, errno) && MORTAL.test(path) && !isRemoval(name);
}

/** Whether somebody else may do it first, with the same outcome. */
export function isRemoval(name: string): boolean {
  return /^(remove|.*\.unlink)$/.test(name);
}

/** Whether the error means that certainly nothing exists. */
export function isDenied(name: string, errno: Errno): boolean {
  return listFaultsOf(name)?.denials?.includes(errno) ?? false;
}

/** Only calls of libc are repeated, because `errno` cannot be trusted. */
function listSpans(name: string): [Span, ...Span[]] {
  return name.includes(".")
    ? ["attempt", "once", "always"]
    : ["once", "always"];
}

/** The moments before and after each change. */
export function listDeaths(calls: readonly TableCall[]): Death[] {
  return calls.filter(({ changes }) => changes)
    .flatMap(({ name }, index): Death[] => [
      { when: "before", nth: index + 1, name },
      { when: "after", nth: index + 1, name },
    ]);
}
