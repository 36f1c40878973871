/** Finding and loading the one shared library that a lookup takes. */
import { VmConfError } from "../errors.ts";
import { type Candidate, listCandidatesOn } from "./candidates.ts";
import { LIBC, type Libc } from "./libc.ts";
import { LIBNL, type Libnl } from "./libnl.ts";

/** The library in use: libnl-route, or libc where that is not installed. */
export type Library =
  | {
    readonly kind: "libnl-route";
    readonly path: string;
    readonly symbols: Libnl;
  }
  | { readonly kind: "libc"; readonly path: string; readonly symbols: Libc };

/** The environment variable whose path comes before all others. */
export const LIBRARY_VARIABLE = "VMCONF_LIBRARY";

/** The candidates of this machine, in the order in which they are tried. */
export function listCandidates(): Candidate[] {
  const override = overridden();
  const others = listCandidatesOn(Deno.build.arch);
  return override === undefined ? others : [override, ...others];
}

function overridden(): Candidate | undefined {
  const permission = { name: "env", variable: LIBRARY_VARIABLE } as const;
  const { state } = Deno.permissions.querySync(permission);
  const path = state === "granted" ? Deno.env.get(LIBRARY_VARIABLE) : undefined;
  if (!path) return undefined;
  return { kind: path.includes("nl-route") ? "libnl-route" : "libc", path };
}

let library: Library | undefined;

/**
 * Loads libnl-route, or libc where that is not installed.
 *
 * Nothing is loaded before the first call, and nothing twice. Never prompts:
 * only what has been granted is tried.
 */
export function loadLibrary(task: string): Library {
  return library ??= findLibrary(task);
}

const opened = new Map<Deno.ForeignLibraryInterface, unknown>();

/**
 * Gives more functions of the same library, or of those that it stands on.
 */
export function loadFunctions<T extends Deno.ForeignLibraryInterface>(
  table: T,
  task: string,
): Deno.StaticForeignLibraryInterface<T> {
  const { path } = loadLibrary(task);
  type Functions = Deno.StaticForeignLibraryInterface<T>;
  const known = opened.get(table) as Functions | undefined;
  if (known !== undefined) return known;
  try {
    const { symbols } = Deno.dlopen(path, table);
    opened.set(table, symbols);
    return symbols;
  } catch (cause) {
    throw new VmConfError("no-library", `${task}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function findLibrary(task: string): Library {
  if (Deno.build.os !== "linux") {
    throw new VmConfError(
      "no-library",
      `${task}: expected Linux, found ${Deno.build.os}`,
      { hint: otherWays(task) },
    );
  }
  const granted = listCandidates().filter(isGranted);
  if (granted.length === 0) throw denied(task);
  const failures: string[] = [];
  for (const candidate of granted) {
    const loaded = tryToLoad(candidate);
    if (typeof loaded !== "string") return loaded;
    failures.push(`${candidate.path}: ${loaded}`);
  }
  throw new VmConfError(
    "no-library",
    `${task}: neither libnl-route nor libc could be loaded`,
    {
      hint: `${INSTALL_LIBNL} ${otherWays(task)}`.trim(),
      cause: new AggregateError([], failures.join("\n")),
    },
  );
}

/** What to do where only libc is there. */
export const INSTALL_LIBNL =
  "Install libnl-route (Debian, Ubuntu: apt install libnl-route-3-200; Fedora, RHEL: dnf install libnl3; Alpine: apk add libnl3) and grant its path with --allow-ffi=PATH.";

/** How messages of a lookup begin, in Go's words. */
export const MTU_TASK = "failed to find MTU";

/** What else there is to do where the kernel cannot be asked. */
export function otherWays(task: string): string {
  return task === MTU_TASK
    ? 'Or do without the kernel: --mtu N or --mtu result (in code: options.mtu, a number or "result").'
    : "";
}

/** Loads a candidate, if that was granted. */
export function tryToLoad(candidate: Candidate): Library | string {
  if (!isGranted(candidate)) return "not granted";
  try {
    const library = load(candidate);
    return isForeign(library.symbols)
      ? "it stands on another libc than this Deno's"
      : library;
  } catch (error) {
    return messageOf(error).replace(`${candidate.path}: `, "");
  }
}

function load({ kind, path }: Candidate): Library {
  return kind === "libnl-route"
    ? { kind, path, symbols: Deno.dlopen(path, LIBNL).symbols }
    : { kind, path, symbols: Deno.dlopen(path, LIBC).symbols };
}

/**
 * The loader of glibc takes Alpine's libraries too, and musl with them. But
 * nobody sets that second libc up: its `errno` would be anywhere in memory.
 */
function isForeign(libc: Libc): boolean {
  return Deno.build.env === "gnu" && libc.gnu_get_libc_version === null;
}

/**
 * Whether a candidate may be loaded. A scoped grant names files and folders; a
 * bare soname, which the dynamic loader would look up, is only covered by a
 * grant without limits.
 */
export function isGranted({ path }: Candidate): boolean {
  const scope = path.startsWith("/") ? { path } : {};
  const { state } = Deno.permissions.querySync({ name: "ffi", ...scope });
  return state === "granted";
}

function denied(task: string): VmConfError {
  const [first] = listCandidates();
  return new VmConfError(
    "ffi-denied",
    `${task}: permission to load libnl-route was not granted`,
    {
      hint:
        `Grant its path: --allow-ffi=${first?.path} (Fedora, RHEL: /usr/lib64; Arch, Alpine: /usr/lib). ${
          otherWays(task)
        }`.trim(),
    },
  );
}

/** The loader's words, without those of Deno around them. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^(?:Could not open library: )+/, "");
}
