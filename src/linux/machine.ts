/** What there is to know of a machine before it is asked for MTUs. */
import { VmConfError } from "../errors.ts";
import type { Candidate } from "./candidates.ts";
import {
  capabilitiesHeld,
  type Capability,
  EXAMINATION,
  type Examination,
  kernelRelease,
  libnlVersion,
  loadedPath,
} from "./examination.ts";
import { readCString } from "./libc.ts";
import {
  isGranted,
  type Library,
  LIBRARY_VARIABLE,
  listCandidates,
  loadFunctions,
  loadLibrary,
  tryToLoad,
} from "./library.ts";
import { readMtu } from "./link.ts";

/** A machine and a process, as far as asking for MTUs depends on them. */
export interface MachineReport {
  /** As `Deno.build.arch` names it. */
  readonly arch: string;
  /** Whose libc this Deno stands on; glibc's version, where it could be asked. */
  readonly libc: {
    readonly flavour: "glibc" | "musl";
    readonly version?: string;
  };
  /** The kernel's release; unknown where no library could be loaded. */
  readonly kernel?: string;
  /** Every place where a library was looked for. */
  readonly candidates: readonly TriedCandidate[];
  /** The library in use. */
  readonly library?: LibraryInUse;
  /** Permissions of Deno's. */
  readonly permissions: Permissions;
  /** Which capabilities are in effect; unknown where no library could be loaded. */
  readonly capabilities?: Readonly<Record<Capability, boolean>>;
  /** Whether network namespaces can be entered and left again. */
  readonly namespaces: NetnsAccess;
}

/** A candidate, and why it cannot be used, if it cannot. */
export interface TriedCandidate extends Candidate {
  readonly failure?: string;
}

/** The library in use. */
export interface LibraryInUse extends Candidate {
  /** Where it was loaded from, also if the loader had to look for it. */
  readonly loadedFrom: string;
  readonly version?: string;
}

/** Which permissions are held, and whether all of one kind. */
export interface Permissions {
  readonly ffi: "all" | "some" | "none";
  readonly read: boolean;
  /** The environment variable that names a library. */
  readonly override: boolean;
}

/** What came of asking for `lo` in the namespace that the process is in. */
export type NetnsAccess =
  | { readonly canEnter: true }
  | { readonly canEnter: false; readonly error: VmConfError };

/**
 * Examines this machine and this process. Never prompts; what cannot be found
 * out is left out.
 */
export function examineMachine(): MachineReport {
  const all = listCandidates();
  const library = openOrNone();
  const asked = library && loadFunctions(EXAMINATION, "cannot examine");
  return {
    arch: Deno.build.arch,
    libc: libcOf(library),
    kernel: asked && kernelRelease(asked),
    candidates: all.map(tried),
    library: library && asked && inUse(library, asked),
    permissions: {
      ffi: isHeld({ name: "ffi" })
        ? "all"
        : all.some(isGranted)
        ? "some"
        : "none",
      read: isHeld({ name: "read" }),
      override: isHeld({ name: "env", variable: LIBRARY_VARIABLE }),
    },
    capabilities: asked && capabilitiesHeld(asked),
    namespaces: tryToEnter(),
  };
}

function openOrNone(): Library | undefined {
  try {
    return loadLibrary("");
  } catch (error) {
    // Why is told by the candidates, and by what comes of entering.
    if (error instanceof VmConfError) return undefined;
    throw error;
  }
}

function tried(candidate: Candidate): TriedCandidate {
  const loaded = tryToLoad(candidate);
  return typeof loaded === "string"
    ? { ...candidate, failure: loaded }
    : candidate;
}

function inUse(library: Library, asked: Examination): LibraryInUse {
  const { kind, path, symbols } = library;
  const version = kind === "libc"
    ? libcOf(library).version
    : libnlVersion(asked);
  return { kind, path, loadedFrom: loadedPath(asked, symbols, path), version };
}

function libcOf(library: Library | undefined): MachineReport["libc"] {
  const flavour = Deno.build.env === "gnu" ? "glibc" : "musl";
  const pointer = library?.symbols.gnu_get_libc_version?.();
  return library && pointer !== undefined
    ? { flavour, version: readCString(library.symbols, pointer) }
    : { flavour };
}

function isHeld(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

function tryToEnter(): NetnsAccess {
  try {
    readMtu({ netNSPath: "/proc/thread-self/ns/net", device: "lo" });
    return { canEnter: true };
  } catch (error) {
    if (error instanceof VmConfError) return { canEnter: false, error };
    throw error;
  }
}
