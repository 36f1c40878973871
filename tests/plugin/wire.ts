/**
 * Stands for a VM: opens a tap as a VMM does, and copies each frame to and
 * from a device of the kernel's own in another namespace, the guest's.
 *
 * wire.ts TAP_NETNS TAP GUEST_NETNS DEVICE
 */
import { toCString } from "../../src/linux/call.ts";
import { loadLibnl } from "../../src/linux/library.ts";
import { openNetns } from "../../src/linux/netns.ts";
import type { Libc } from "../../src/linux/symbols/libc.ts";
import { openTun } from "../../src/linux/tap.ts";

const CALLS = {
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const TUNSETIFF = 0x4004_54can;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const POLLIN = 1;

/** Opens a tap with the flags that Firecracker, Cloud Hypervisor and QEMU use. */
function openTap(libc: Libc, netNSPath: string, name: string): number {
  const netns = openNetns(libc, netNSPath, "wire");
  const fd = openTun(libc, netns);
  libc.close(netns.fd);
  const ifreq = new Uint8Array(40);
  ifreq.set(toCString(name));
  const flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  new DataView(ifreq.buffer).setUint16(16, flags, true);
  if (libc.ioctl(fd, TUNSETIFF, ifreq) < 0) {
    throw new Error(`cannot open ${name}`);
  }
  return fd;
}

const [tapNetns = "", tap = "", guestNetns = "", device = ""] = Deno.args;
const libc = loadLibnl("wire");
const { read, write, poll } = Deno.dlopen("libc.so.6", CALLS).symbols;
const ends = [openTap(libc, tapNetns, tap), openTap(libc, guestNetns, device)];
const polled = new Int32Array(ends.flatMap((fd) => [fd, POLLIN]));
const frame = new Uint8Array(65_536);
while (poll(polled, BigInt(ends.length), -1) >= 0) {
  for (const [index, fd] of ends.entries()) {
    const hasFrame = (polled[2 * index + 1] ?? 0) >> 16 & POLLIN;
    polled[2 * index + 1] = POLLIN;
    if (!hasFrame) continue;
    const length = read(fd, frame, BigInt(frame.length));
    // A device that is down loses its frames, as on a wire.
    if (length > 0) write(ends[1 - index] ?? -1, frame, BigInt(length));
  }
}
