/** Many lookups in few namespaces: a socket is kept for each. */
import { cString, type Libc, mtuByIoctl } from "./libc.ts";
import { type Library, MTU_TASK } from "./library.ts";
import { isDeviceName, type Link, lookUpMtu } from "./lookup.ts";
import { DEVICE_SOCKET, openNetns, socketInNetns } from "./netns.ts";

/** Asks for MTUs, and keeps sockets until it is disposed of. */
export interface MtuReader extends Disposable {
  /**
   * Asks the kernel for the MTU of a device in a network namespace.
   *
   * @param link The namespace and the device.
   * @returns The MTU in bytes.
   * @throws {VmConfError} As `mtuOf` does.
   */
  readonly mtuOf: (link: Link) => number;
}

/** A socket that was made inside a namespace, which it keeps alive. */
interface KeptSocket {
  readonly socket: number;
  readonly path: ReturnType<typeof cString>;
  readonly identity: Identity;
}

/** What tells a namespace from one that was made anew at the same path. */
interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
}

/** statx(2). */
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const STATX_INO = 0x100;
const STATX_WORDS = 32;
const STX_INO_WORD = 4;
const STX_DEV_WORD = 17;

/**
 * Makes a reader.
 *
 * A lookup by a kept socket is one ioctl. What that does not answer is looked
 * up afresh, which has the words for what is wrong.
 *
 * @param open Gives the library to ask by.
 * @param most How many sockets are kept; the one longest unused goes first.
 * @returns The reader, to be disposed of.
 */
export function readerBy(open: () => Library, most: number): MtuReader {
  const kept = new Map<string, KeptSocket>();
  const statx = new BigUint64Array(STATX_WORDS);

  const forget = (libc: Libc, path: string, { socket }: KeptSocket) => {
    libc.close(socket);
    kept.delete(path);
  };

  const socketFor = (libc: Libc, path: string): number => {
    const found = kept.get(path);
    if (found !== undefined) {
      const identity = identify(libc, AT_FDCWD, found.path, 0, statx);
      if (isSame(identity, found.identity)) {
        kept.delete(path);
        kept.set(path, found);
        return found.socket;
      }
      forget(libc, path, found);
    }
    const made = keep(libc, path, statx);
    kept.set(path, made);
    const [oldest] = kept;
    if (kept.size > most && oldest) forget(libc, ...oldest);
    return made.socket;
  };

  return {
    mtuOf: (link) => {
      const library = open();
      const libc: Libc = library.symbols;
      const canKeep = libc.statx !== null && isDeviceName(link.device);
      const mtu = canKeep
        ? mtuByIoctl(libc, socketFor(libc, link.netNSPath), link.device)
        : undefined;
      return typeof mtu === "number" ? mtu : lookUpMtu(library, link);
    },
    [Symbol.dispose]: () => {
      if (kept.size === 0) return;
      const libc: Libc = open().symbols;
      for (const [path, socket] of kept) forget(libc, path, socket);
    },
  };
}

function keep(libc: Libc, path: string, statx: BigUint64Array): KeptSocket {
  const netns = openNetns(libc, path, MTU_TASK);
  try {
    const empty = cString("");
    const identity = identify(libc, netns.fd, empty, AT_EMPTY_PATH, statx);
    const socket = socketInNetns(libc, netns, DEVICE_SOCKET);
    return { socket, path: cString(path), identity };
  } finally {
    libc.close(netns.fd);
  }
}

/** Zeros, which no namespace has, if there is nothing at the path. */
function identify(
  libc: Libc,
  folder: number,
  path: KeptSocket["path"],
  flags: number,
  statx: BigUint64Array,
): Identity {
  const failed = libc.statx?.(folder, path, flags, STATX_INO, statx) !== 0;
  if (failed) return { device: 0n, inode: 0n };
  return {
    device: statx[STX_DEV_WORD] ?? 0n,
    inode: statx[STX_INO_WORD] ?? 0n,
  };
}

function isSame(a: Identity, b: Identity): boolean {
  return a.inode !== 0n && a.inode === b.inode && a.device === b.device;
}
