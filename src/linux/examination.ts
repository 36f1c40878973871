/** What a diagnosis asks of libc and libnl, beyond what a lookup does. */
import { type Libc, readCString, toCString } from "./libc.ts";

/** The prototypes. */
export const EXAMINATION = {
  /** `int uname(struct utsname *buf)` */
  uname: { parameters: ["buffer"], result: "i32" },
  /** `int capget(cap_user_header_t hdrp, cap_user_data_t datap)` */
  capget: { parameters: ["buffer", "buffer"], result: "i32" },
  /** `const int nl_ver_maj`; libnl's alone */
  nl_ver_maj: { type: "i32", optional: true },
  /** `const int nl_ver_min` */
  nl_ver_min: { type: "i32", optional: true },
  /** `const int nl_ver_mic` */
  nl_ver_mic: { type: "i32", optional: true },
  /** `void *dlopen(const char *filename, int flags)`; not in glibc before 2.34 */
  dlopen: { parameters: ["buffer", "i32"], result: "usize", optional: true },
  /** `int dlinfo(void *handle, int request, void *info)`; likewise */
  dlinfo: {
    parameters: ["usize", "i32", "buffer"],
    result: "i32",
    optional: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions, ready to be called. */
export type Examination = Deno.StaticForeignLibraryInterface<
  typeof EXAMINATION
>;

const UTSNAME_FIELD = 65;
const UTSNAME_FIELDS = 6;
const RELEASE_FIELD = 2;

/** The kernel's release, by uname(2), which needs no permission of Deno's. */
export function kernelRelease(asked: Examination): string | undefined {
  const utsname = new Uint8Array(UTSNAME_FIELD * UTSNAME_FIELDS);
  if (asked.uname(utsname) !== 0) return undefined;
  const field = utsname.subarray(UTSNAME_FIELD * RELEASE_FIELD);
  return new TextDecoder().decode(field.subarray(0, field.indexOf(0)));
}

/** Bits of capabilities(7). */
const CAPABILITIES = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 } as const;

/** A capability that a microVM's network takes. */
export type Capability = keyof typeof CAPABILITIES;

const LINUX_CAPABILITY_VERSION_3 = 0x2008_0522;
const CAP_USER_DATA_WORDS = 6;

/** Which capabilities this thread has in effect, by capget(2). */
export function capabilitiesHeld(
  asked: Examination,
): Record<Capability, boolean> | undefined {
  const header = Int32Array.of(LINUX_CAPABILITY_VERSION_3, 0);
  const data = new Uint32Array(CAP_USER_DATA_WORDS);
  if (asked.capget(header, data) !== 0) return undefined;
  const [effective = 0] = data;
  const isHeld = (capability: Capability) =>
    (effective >>> CAPABILITIES[capability] & 1) === 1;
  return {
    CAP_NET_ADMIN: isHeld("CAP_NET_ADMIN"),
    CAP_SYS_ADMIN: isHeld("CAP_SYS_ADMIN"),
  };
}

/** libnl's version. */
export function libnlVersion(asked: Examination): string | undefined {
  const parts = [asked.nl_ver_maj, asked.nl_ver_min, asked.nl_ver_mic];
  return parts.includes(null) ? undefined : parts.join(".");
}

/** dlopen(3) and dlinfo(3). */
const RTLD_LAZY = 1;
const RTLD_NOLOAD = 4;
const RTLD_DI_LINKMAP = 2;
const L_NAME_WORD = 1;

/** Where a library was loaded from, also if the loader had to look for it. */
export function loadedPath(
  asked: Examination,
  libc: Libc,
  name: string,
): string {
  if (name.startsWith("/") || !asked.dlopen || !asked.dlinfo) return name;
  const handle = asked.dlopen(toCString(name), RTLD_LAZY | RTLD_NOLOAD);
  const found = new BigUint64Array(1);
  if (handle === 0n || asked.dlinfo(handle, RTLD_DI_LINKMAP, found) !== 0) {
    return name;
  }
  const linkMap = new BigUint64Array(L_NAME_WORD + 1);
  libc.memcpy(linkMap, found[0] ?? 0n, BigInt(linkMap.byteLength));
  return readCString(libc, linkMap[L_NAME_WORD] ?? 0n);
}
