/** Finding and loading the one shared library that a lookup takes. */
import { VmConfError } from "../errors.ts";
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

/** A file that may be one of the libraries. */
interface Candidate {
  /** Which library it would be. */
  readonly kind: Library["kind"];
  /** Its absolute path, or a name for the dynamic loader to look up. */
  readonly path: string;
}

/** The environment variable whose path comes before all others. */
const OVERRIDE = "VMCONF_LIBRARY";

/**
 * The candidates, in the order in which they are tried: the override, and then
 * where Debian and Ubuntu, Fedora and RHEL, Arch and Alpine keep them. Absolute
 * paths come first, as a scoped permission cannot cover a bare name.
 *
 * @returns The candidates, libnl-route before libc.
 */
function candidates(): Candidate[] {
  const { arch } = Deno.build;
  const folders = [
    `/usr/lib/${arch}-linux-gnu`,
    `/lib/${arch}-linux-gnu`,
    "/usr/lib64",
    "/lib64",
    "/usr/lib",
  ];
  const all = (kind: Candidate["kind"], soname: string): Candidate[] =>
    folders.map((folder) => ({ kind, path: `${folder}/${soname}` }));
  return [
    ...overridden(),
    ...all("libnl-route", "libnl-route-3.so.200"),
    { kind: "libnl-route", path: "libnl-route-3.so.200" },
    ...all("libc", "libc.so.6"),
    { kind: "libc", path: `/lib/ld-musl-${arch}.so.1` },
    { kind: "libc", path: "libc.so.6" },
  ];
}

function overridden(): Candidate[] {
  const permission = { name: "env", variable: OVERRIDE } as const;
  const { state } = Deno.permissions.querySync(permission);
  const path = state === "granted" ? Deno.env.get(OVERRIDE) : undefined;
  if (!path) return [];
  return [{ kind: path.includes("nl-route") ? "libnl-route" : "libc", path }];
}

let library: Library | undefined;

/**
 * Loads libnl-route, or libc where that is not installed.
 *
 * Nothing is loaded before the first call, and nothing twice. Never prompts:
 * only what has been granted is tried.
 *
 * @param task What it is needed for: how messages begin.
 * @returns The library, for the life of the process.
 * @throws {VmConfError} `ffi-denied` if none of them was granted, `no-library`
 * if none could be loaded.
 */
export function openLibrary(task: string): Library {
  return library ??= findLibrary(task);
}

const opened = new Map<Deno.ForeignLibraryInterface, unknown>();

/**
 * Gives more functions of the same library, or of those that it stands on.
 *
 * @param table The prototypes; the same object gives the same functions.
 * @param task What they are needed for: how messages begin.
 * @returns The functions, for the life of the process.
 * @throws {VmConfError} As {@linkcode openLibrary} does; `no-library` too if
 * one of the functions is missing.
 */
export function openFunctions<T extends Deno.ForeignLibraryInterface>(
  table: T,
  task: string,
): Deno.StaticForeignLibraryInterface<T> {
  const { path } = openLibrary(task);
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
      { hint: DO_WITHOUT },
    );
  }
  const granted = candidates().filter(isGranted);
  if (granted.length === 0) throw denied(task);
  const failures: string[] = [];
  for (const candidate of granted) {
    try {
      return load(candidate);
    } catch (error) {
      failures.push(`${candidate.path}: ${messageOf(error)}`);
    }
  }
  throw new VmConfError(
    "no-library",
    `${task}: neither libnl-route nor libc could be loaded`,
    {
      hint: `${INSTALL_LIBNL} ${DO_WITHOUT}`,
      cause: new AggregateError([], failures.join("\n")),
    },
  );
}

/** What to do where only libc is there. */
export const INSTALL_LIBNL =
  "Install libnl-route (Debian, Ubuntu: apt install libnl-route-3-200; Fedora, RHEL: dnf install libnl3; Alpine: apk add libnl3) and grant its path with --allow-ffi=PATH.";

/** What to do where the kernel cannot be asked. */
export const DO_WITHOUT =
  'Or do without the kernel: --mtu N or --mtu result (in code: options.mtu, a number or "result").';

function load({ kind, path }: Candidate): Library {
  return kind === "libnl-route"
    ? { kind, path, symbols: Deno.dlopen(path, LIBNL).symbols }
    : { kind, path, symbols: Deno.dlopen(path, LIBC).symbols };
}

/**
 * A scoped grant names files and folders; a bare soname, which the dynamic
 * loader would look up, is only covered by a grant without limits.
 */
function isGranted({ path }: Candidate): boolean {
  const scope = path.startsWith("/") ? { path } : {};
  const { state } = Deno.permissions.querySync({ name: "ffi", ...scope });
  return state === "granted";
}

function denied(task: string): VmConfError {
  const [first] = candidates();
  return new VmConfError(
    "ffi-denied",
    `${task}: permission to load libnl-route was not granted`,
    {
      hint:
        `Grant its path: --allow-ffi=${first?.path} (Fedora, RHEL: /usr/lib64; Arch, Alpine: /usr/lib). ${DO_WITHOUT}`,
    },
  );
}

/** The loader's words, without those of Deno around them. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^Could not open library: /, "");
}
