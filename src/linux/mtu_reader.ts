/** Many MTU lookups in few namespaces: a socket is kept for each. */
import { isInterfaceName } from "../names.ts";
import { SIOCGIFMTU } from "./abi/net.ts";
import { type CString, toCString } from "./call.ts";
import { type Identity, isSameFile, readIdentity } from "./file_status.ts";
import { type Library, MTU_TASK } from "./library.ts";
import { lookUpMtu, type NetnsDevice } from "./mtu_lookup.ts";
import { askDevice, DEVICE_SOCKET } from "./netdevice.ts";
import { openNetns } from "./netns.ts";
import { openSocketInNetns } from "./netns_enter.ts";
import type { Libc } from "./symbols/libc.ts";

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
  readonly path: CString;
  /** Tells the namespace from a later one at the same path. */
  readonly identity: Identity | undefined;
}

/**
 * Makes a reader that keeps at most `max` sockets.
 *
 * A lookup by a kept socket is one ioctl. If it gives no answer, a fresh lookup
 * finds out what is wrong.
 */
export function createMtuReader(load: () => Library, max: number): MtuReader {
  // In the order of their last use.
  const kept = new Map<string, KeptSocket>();

  const closeSocket = (libc: Libc, path: string, { socket }: KeptSocket) => {
    libc.close(socket);
    kept.delete(path);
  };

  const getSocket = (libc: Libc, path: string): number => {
    const found = kept.get(path);
    if (found !== undefined) {
      if (isSameFile(readIdentity(libc, found.path), found.identity)) {
        kept.delete(path);
        kept.set(path, found);
        return found.socket;
      }
      closeSocket(libc, path, found);
    }
    const opened = openSocketToKeep(libc, path);
    kept.set(path, opened);
    const [oldest] = kept;
    if (kept.size > max && oldest) closeSocket(libc, ...oldest);
    return opened.socket;
  };

  return {
    readMtu: (link) => {
      const library = load();
      const libc: Libc = library.symbols;
      // Without statx a later namespace at the same path would not be noticed.
      if (libc.statx !== null && isInterfaceName(link.device)) {
        const socket = getSocket(libc, link.netNSPath);
        const mtu = askDevice(libc, socket, SIOCGIFMTU, link.device);
        if (mtu >= 0) return mtu;
      }
      return lookUpMtu(library, link);
    },
    [Symbol.dispose]: () => {
      if (kept.size === 0) return;
      const libc: Libc = load().symbols;
      for (const [path, socket] of kept) closeSocket(libc, path, socket);
    },
  };
}

function openSocketToKeep(libc: Libc, path: string): KeptSocket {
  using netns = openNetns(libc, path, MTU_TASK);
  const identity = readIdentity(libc, netns.fd);
  const socket = openSocketInNetns(libc, netns, DEVICE_SOCKET);
  return { socket, path: toCString(path), identity };
}
