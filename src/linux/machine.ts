/** What `vmconf doctor` finds out about this machine and this process. */
import { requireVmConfError, type VmConfError } from "../errors.ts";
import {
  CAP_NET_ADMIN,
  CAP_SYS_ADMIN,
  CAP_USER_DATA_WORDS,
  LINK_MAP,
  LINUX_CAPABILITY_VERSION_3,
  RTLD_DI_LINKMAP,
  RTLD_LAZY,
  RTLD_NOLOAD,
  UTSNAME,
} from "./abi/process.ts";
import { readCString, toCString } from "./call.ts";
import type { Candidate } from "./candidates.ts";
import {
  isGranted,
  type Library,
  LIBRARY_VARIABLE,
  listCandidates,
  loadLibrary,
  tryToLoad,
} from "./library.ts";
import { readMtu } from "./mtu.ts";
import { OWN_NETNS } from "./netns.ts";
import type { Libc } from "./symbols/libc.ts";

/** A machine and a process, as far as MTU lookups depend on them. */
export interface MachineReport {
  /** As `Deno.build.arch` names it. */
  readonly arch: string;
  /** The libc of this Deno; the version of glibc, where it could be asked. */
  readonly libc: {
    readonly flavour: "glibc" | "musl";
    readonly version?: string;
  };
  /** The kernel's release; unknown if no library could be loaded. */
  readonly kernel?: string;
  /** Every place where a library was looked for, and why it was of no use. */
  readonly candidates: readonly (Candidate & { readonly failure?: string })[];
  readonly library?: LibraryInUse;
  readonly permissions: {
    readonly ffi: "all" | "some" | "none";
    readonly read: boolean;
    /** Of the environment variable that names a library. */
    readonly override: boolean;
  };
  /** Which are in effect; unknown if no library could be loaded. */
  readonly capabilities?: Capabilities;
  /** Whether the MTU of `lo` in the own namespace could be asked for. */
  readonly namespaces:
    | { readonly canEnter: true }
    | { readonly canEnter: false; readonly error: VmConfError };
}

export interface LibraryInUse extends Candidate {
  /** The file that it was loaded from. */
  readonly loadedFrom: string;
  readonly version?: string;
}

/** Those that the network of a microVM needs. */
interface Capabilities {
  readonly CAP_NET_ADMIN: boolean;
  readonly CAP_SYS_ADMIN: boolean;
}

/**
 * Examines this machine and this process. It never prompts, and leaves out what it
 * cannot find out.
 */
export function examineMachine(): MachineReport {
  const candidates = listCandidates();
  const library = loadLibraryIfPossible();
  return {
    arch: Deno.build.arch,
    libc: describeLibc(library?.symbols),
    kernel: library && readKernelRelease(library.symbols),
    candidates: candidates.map((candidate) => {
      const loaded = tryToLoad(candidate);
      return typeof loaded === "string"
        ? { ...candidate, failure: loaded }
        : candidate;
    }),
    library: library && describeLibrary(library),
    permissions: {
      ffi: isHeld({ name: "ffi" })
        ? "all"
        : candidates.some(isGranted)
        ? "some"
        : "none",
      read: isHeld({ name: "read" }),
      override: isHeld({ name: "env", variable: LIBRARY_VARIABLE }),
    },
    capabilities: library && readCapabilities(library.symbols),
    namespaces: tryToEnter(),
  };
}

function loadLibraryIfPossible(): Library | undefined {
  try {
    return loadLibrary("");
  } catch (error) {
    // The candidates, and the attempt to enter a namespace, tell why.
    requireVmConfError(error);
    return undefined;
  }
}

function describeLibrary({ kind, path, symbols }: Library): LibraryInUse {
  const loadedFrom = findLoadedFile(symbols, path);
  if (kind === "libc") {
    return { kind, path, loadedFrom, version: describeLibc(symbols).version };
  }
  const parts = [symbols.nl_ver_maj, symbols.nl_ver_min, symbols.nl_ver_mic];
  const version = parts.includes(null) ? undefined : parts.join(".");
  return { kind, path, loadedFrom, version };
}

function describeLibc(libc: Libc | undefined): MachineReport["libc"] {
  const flavour = Deno.build.env === "gnu" ? "glibc" : "musl";
  const version = libc?.gnu_get_libc_version?.();
  return libc && version !== undefined
    ? { flavour, version: readCString(libc, version) }
    : { flavour };
}

/** uname(2), which needs no permission of Deno. */
function readKernelRelease(libc: Libc): string | undefined {
  const utsname = new Uint8Array(UTSNAME.fieldSize * UTSNAME.fields);
  if (libc.uname(utsname) !== 0) return undefined;
  const field = utsname.subarray(UTSNAME.fieldSize * UTSNAME.release);
  return new TextDecoder().decode(field.subarray(0, field.indexOf(0)));
}

/** Reads which capabilities this thread has in effect: capget(2). */
function readCapabilities(libc: Libc): Capabilities | undefined {
  const header = Int32Array.of(LINUX_CAPABILITY_VERSION_3, 0);
  const data = new Uint32Array(CAP_USER_DATA_WORDS);
  if (libc.capget(header, data) !== 0) return undefined;
  const [effective = 0] = data;
  const isEffective = (capability: number) =>
    (effective >>> capability & 1) === 1;
  return {
    CAP_NET_ADMIN: isEffective(CAP_NET_ADMIN),
    CAP_SYS_ADMIN: isEffective(CAP_SYS_ADMIN),
  };
}

/** Finds the file of a library that the loader had to look for: dlinfo(3). */
function findLoadedFile(libc: Libc, path: string): string {
  if (path.startsWith("/") || !libc.dlopen || !libc.dlinfo) return path;
  const handle = libc.dlopen(toCString(path), RTLD_LAZY | RTLD_NOLOAD);
  const found = new BigUint64Array(1);
  if (handle === 0n || libc.dlinfo(handle, RTLD_DI_LINKMAP, found) !== 0) {
    return path;
  }
  const linkMap = new BigUint64Array(LINK_MAP.words);
  libc.memcpy(linkMap, found[0] ?? 0n, BigInt(linkMap.byteLength));
  return readCString(libc, linkMap[LINK_MAP.l_name] ?? 0n);
}

function isHeld(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

function tryToEnter(): MachineReport["namespaces"] {
  try {
    readMtu({ netNSPath: OWN_NETNS, device: "lo" });
    return { canEnter: true };
  } catch (error) {
    return { canEnter: false, error: requireVmConfError(error) };
  }
}
