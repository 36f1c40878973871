/** Finding and loading the one shared library that reaches the kernel. */
import { VmConfError } from "../errors.ts";
import { bindFunctions } from "./bind_functions.ts";
import { type Candidate, listCandidatesOn } from "./candidates.ts";
import { CALLED_INSIDE, LIBC, type Libc } from "./symbols/libc.ts";
import { LIBNL, type Libnl } from "./symbols/libnl.ts";

/** The library in use: libnl-route, or libc where that is not installed. */
export type Library =
  | {
    readonly kind: "libnl-route";
    readonly path: string;
    readonly symbols: Libnl;
  }
  | { readonly kind: "libc"; readonly path: string; readonly symbols: Libc };

/** The environment variable with a path that is tried before all others. */
export const LIBRARY_VARIABLE = "VMCONF_LIBRARY";

/** Lists the candidates of this machine, in the order in which they are tried. */
export function listCandidates(): Candidate[] {
  const usual = listCandidatesOn(Deno.build.arch);
  const { state } = Deno.permissions.querySync({
    name: "env",
    variable: LIBRARY_VARIABLE,
  });
  const path = state === "granted" ? Deno.env.get(LIBRARY_VARIABLE) : undefined;
  if (!path) return usual;
  const kind = path.includes("nl-route") ? "libnl-route" : "libc";
  return [{ kind, path }, ...usual];
}

let library: Library | undefined;

/**
 * Loads libnl-route, or libc where that is not installed. Nothing is loaded
 * before the first call, and nothing twice. Never prompts: it tries only what has
 * been granted. `task` is how the message of an error begins.
 */
export function loadLibrary(task: string): Library {
  return library ??= findLibrary(task);
}

export function loadLibc(task: string): Libc {
  return loadLibrary(task).symbols;
}

/** Loads libnl-route's functions, which are libc's, too. */
export function loadLibnl(task: string): Libnl {
  const { kind, path, symbols } = loadLibrary(task);
  if (kind === "libnl-route") return symbols;
  throw new VmConfError(
    "no-library",
    `${task}: libnl-route could not be loaded, and ${path} alone is not enough`,
    { hint: INSTALL_LIBNL },
  );
}

function findLibrary(task: string): Library {
  if (Deno.build.os !== "linux") {
    throw new VmConfError(
      "no-library",
      `${task}: expected Linux, found ${Deno.build.os}`,
      { hint: hintWithoutKernel(task) },
    );
  }
  const candidates = listCandidates();
  const granted = candidates.filter(isGranted);
  if (granted.length === 0) {
    throw new VmConfError(
      "ffi-denied",
      `${task}: permission to load libnl-route was not granted`,
      {
        hint: `Grant its path: --allow-ffi=${
          candidates[0]?.path
        } (Fedora, RHEL: /usr/lib64; Arch, Alpine: /usr/lib). ${
          hintWithoutKernel(task)
        }`.trim(),
      },
    );
  }
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
      hint: `${INSTALL_LIBNL} ${hintWithoutKernel(task)}`.trim(),
      cause: new AggregateError([], failures.join("\n")),
    },
  );
}

const INSTALL_LIBNL =
  "Install libnl-route (Debian, Ubuntu: apt install libnl-route-3-200; Fedora, RHEL: dnf install libnl3; Alpine: apk add libnl3) and grant its path with --allow-ffi=PATH.";

/** How messages of an MTU lookup begin, in the words of the Go package. */
export const MTU_TASK = "failed to find MTU";

/** What else a caller can do where the kernel cannot be asked for an MTU. */
export function hintWithoutKernel(task: string): string {
  return task === MTU_TASK
    ? 'Or do without the kernel: --mtu N or --mtu result (in code: options.mtu, a number or "result").'
    : "";
}

/** Loads a candidate, or tells why it cannot be used. */
export function tryToLoad({ kind, path }: Candidate): Library | string {
  if (!isGranted({ kind, path })) return "not granted";
  try {
    const library: Library = kind === "libnl-route"
      ? {
        kind,
        path,
        symbols: bindFunctions(path, { ...LIBC, ...LIBNL }, CALLED_INSIDE),
      }
      : { kind, path, symbols: bindFunctions(path, LIBC, CALLED_INSIDE) };
    return isForeign(library.symbols)
      ? "it needs another libc than this Deno's"
      : library;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The loader's words, without those of Deno around them.
    return message.replace(/^(?:Could not open library: )+/, "")
      .replace(`${path}: `, "");
  }
}

/**
 * The loader of glibc loads Alpine's libraries as well, and musl with them. But
 * nobody initializes that second libc: its `errno` would be anywhere in memory.
 */
function isForeign(libc: Libc): boolean {
  return Deno.build.env === "gnu" && libc.gnu_get_libc_version === null;
}

/**
 * Whether a candidate may be loaded. A limited grant names files and folders. It
 * does not cover a bare name, which the dynamic loader would look up.
 */
export function isGranted({ path }: Candidate): boolean {
  const scope = path.startsWith("/") ? { path } : {};
  const { state } = Deno.permissions.querySync({ name: "ffi", ...scope });
  return state === "granted";
}
