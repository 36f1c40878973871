/** Making taps: devices whose other end a VMM opens. */
import { quote, VmConfError } from "../errors.ts";
import { attempt, type Libc, toCString } from "./libc.ts";
import { openInNetns, type OpenNetns } from "./netns.ts";

/** The prototypes that a tap takes beside those of libc that a lookup takes. */
export const TUN = {
  /** `int ioctl(int fd, unsigned long request, unsigned long value)` */
  ioctl_value: {
    name: "ioctl",
    parameters: ["i32", "u64", "usize"],
    result: "i32",
  },
  /** `uid_t geteuid(void)` */
  geteuid: { parameters: [], result: "u32" },
  /** `gid_t getegid(void)` */
  getegid: { parameters: [], result: "u32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions that a tap takes. */
export type TunFunctions =
  & Libc
  & Deno.StaticForeignLibraryInterface<typeof TUN>;

/** What a tap is to be. */
export interface TapOptions {
  /** Its name, of at most 15 bytes; `%d` in it is the next free number. */
  readonly name: string;
  /** The user who may open it; unset: whoever makes it. */
  readonly uid?: number;
  /** The group that may open it; unset: that of whoever makes it. */
  readonly gid?: number;
}

const DEVICE = "/dev/net/tun";
const DEVICE_FILE = toCString(DEVICE);
const O_RDWR_CLOEXEC = 0o2000002;

/** linux/if_tun.h */
const TUNSETIFF = 0x4004_54can;
const TUNSETPERSIST = 0x4004_54cbn;
const TUNSETOWNER = 0x4004_54ccn;
const TUNSETGROUP = 0x4004_54cen;
const IFF_TAP = 0x0002;
const IFF_ONE_QUEUE = 0x2000;
const IFF_VNET_HDR = 0x4000;
/** Fail if there is a device of that name, instead of taking it. */
const IFF_TUN_EXCL = 0x8000;

/** netdevice(7): a name of 16 bytes, then the flags. */
const IFREQ_SIZE = 40;
const IFNAMSIZ = 16;
const LITTLE_ENDIAN = true;

/**
 * Makes a tap in a network namespace: persistent, with one queue, and with
 * virtio's header before each frame. It is down, and has the kernel's MTU.
 *
 * Only the descriptor is made inside the namespace, to which it belongs; the
 * device appears where its descriptor is from.
 *
 * Source: the kernel's documentation of the TUN/TAP driver.
 */
export function makeTap(
  calls: TunFunctions,
  netns: OpenNetns,
  options: TapOptions,
): string {
  const { task } = netns;
  const { name, uid = calls.geteuid(), gid = calls.getegid() } = options;
  const fd = openTun(calls, netns);
  try {
    const ifreq = requestFor(name);
    const say = (deed: string) => `${task}: failed to ${deed}`;
    insist(
      say(`create tap device ${quote(name)}`),
      attempt(calls, () => calls.ioctl(fd, TUNSETIFF, ifreq)),
    );
    const made = nameIn(ifreq);
    const settings: [bigint, number, string][] = [
      [TUNSETOWNER, uid, `set tap ${quote(made)} owner to uid ${uid}`],
      [TUNSETGROUP, gid, `set tap ${quote(made)} group to gid ${gid}`],
      // Last: until then the tap goes away with its descriptor.
      [TUNSETPERSIST, 1, `make tap ${quote(made)} persistent`],
    ];
    for (const [request, value, deed] of settings) {
      const status = attempt(
        calls,
        () => calls.ioctl_value(fd, request, BigInt(value)),
      );
      insist(say(deed), status);
    }
    return made;
  } finally {
    calls.close(fd);
  }
}

/** Opens the driver of taps in a network namespace. */
export function openTun(libc: Libc, netns: OpenNetns): number {
  return openInNetns(
    libc,
    netns,
    `open ${DEVICE}`,
    () => libc.open(DEVICE_FILE, O_RDWR_CLOEXEC),
  );
}

function requestFor(name: string): Uint8Array<ArrayBuffer> {
  const ifreq = new Uint8Array(IFREQ_SIZE);
  ifreq.set(toCString(name).subarray(0, IFNAMSIZ - 1));
  const flags = IFF_TAP | IFF_ONE_QUEUE | IFF_VNET_HDR | IFF_TUN_EXCL;
  new DataView(ifreq.buffer).setUint16(IFNAMSIZ, flags, LITTLE_ENDIAN);
  return ifreq;
}

function nameIn(ifreq: Uint8Array): string {
  const end = ifreq.indexOf(0);
  return new TextDecoder().decode(ifreq.subarray(0, end));
}

function insist(what: string, status: number | string): void {
  if (typeof status === "string") {
    throw new VmConfError("system-call", `${what}: ${status}`);
  }
}
