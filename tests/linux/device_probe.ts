/**
 * Tells how many sockets a reader has made after each of three lookups. At the
 * third one the namespace's file has the inode that it had, on another device.
 */
import { loadLibrary } from "../../src/linux/library.ts";
import { createMtuReader } from "../../src/linux/mtu_reader.ts";

const STX_DEV_WORD = 17;
const library = loadLibrary("test");
const { statx, socket } = library.symbols;
let sockets = 0;
let device = 1n;
const symbols = {
  ...library.symbols,
  statx: (...args: Parameters<NonNullable<typeof statx>>) => {
    const status = statx?.(...args) ?? -1;
    const [, , , , words] = args;
    if (words instanceof BigUint64Array) words[STX_DEV_WORD] = device;
    return status;
  },
  socket: (...args: Parameters<typeof socket>) => {
    sockets++;
    return socket(...args);
  },
};
using reader = createMtuReader(
  () => ({ ...library, symbols }) as typeof library,
  2,
);
const counts = [1n, 1n, 2n].map((now) => {
  device = now;
  reader.readMtu({ netNSPath: "/run/netns/a", device: "lo" });
  return sockets;
});
console.log(JSON.stringify(counts));
