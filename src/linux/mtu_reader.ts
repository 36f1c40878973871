/** Many lookups in few namespaces: a socket is kept for each. */
import {
  type Identity,
  isSameIdentity,
  readIdentity,
  readIdentityOfFd,
} from "./identity.ts";
import { type Libc, mtuByIoctl, toCString } from "./libc.ts";
import { type Library, MTU_TASK } from "./library.ts";
import { isDeviceName, lookUpMtu, type NetnsDevice } from "./mtu.ts";
import { DEVICE_SOCKET, openNetns, openSocketInNetns } from "./netns.ts";

/** Asks for MTUs, and keeps sockets until it is disposed of. */
export interface MtuReader extends Disposable {
  /**
   * Asks the kernel for the MTU of a device in a network namespace.
   *
   * @param link The namespace and the device.
   * @returns The MTU in bytes.
   * @throws {VmConfError} As `readMtu` does.
   */
  readonly readMtu: (link: NetnsDevice) => number;
}

/** A socket that was made inside a namespace, which it keeps alive. */
interface KeptSocket {
  readonly socket: number;
  readonly path: ReturnType<typeof toCString>;
  /** Tells it from a namespace that was made anew at the same path. */
  readonly identity: Identity | undefined;
}

/**
 * Makes a reader.
 *
 * A lookup by a kept socket is one ioctl. What that does not answer is looked
 * up afresh, which has the words for what is wrong.
 */
export function createMtuReader(open: () => Library, most: number): MtuReader {
  const kept = new Map<string, KeptSocket>();

  const forget = (libc: Libc, path: string, { socket }: KeptSocket) => {
    libc.close(socket);
    kept.delete(path);
  };

  const socketFor = (libc: Libc, path: string): number => {
    const found = kept.get(path);
    if (found !== undefined) {
      if (isSameIdentity(readIdentity(libc, found.path), found.identity)) {
        kept.delete(path);
        kept.set(path, found);
        return found.socket;
      }
      forget(libc, path, found);
    }
    const made = keep(libc, path);
    kept.set(path, made);
    const [oldest] = kept;
    if (kept.size > most && oldest) forget(libc, ...oldest);
    return made.socket;
  };

  return {
    readMtu: (link) => {
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

function keep(libc: Libc, path: string): KeptSocket {
  const netns = openNetns(libc, path, MTU_TASK);
  try {
    const identity = readIdentityOfFd(libc, netns.fd);
    const socket = openSocketInNetns(libc, netns, DEVICE_SOCKET);
    return { socket, path: toCString(path), identity };
  } finally {
    libc.close(netns.fd);
  }
}
