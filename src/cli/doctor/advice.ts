/** The commands that `vmconf doctor` advises: exact flags, to be copied. */
import { type Candidate, listCandidatesOn } from "../../linux/candidates.ts";
import type { MachineReport } from "../../linux/machine.ts";
import { LIBRARY_VARIABLE } from "../../linux/library.ts";

/** Two command lines, and whether they name a library that is really there. */
export interface Advice {
  readonly run: string;
  readonly compile: string;
  readonly certain: boolean;
}

/**
 * What to grant, so that the kernel can be asked and nothing more is allowed.
 */
export function adviceFor(
  { arch, library, candidates }: MachineReport,
): Advice {
  const found = library?.loadedFrom ?? candidates.find(isThere)?.path;
  const path = found ?? candidates[0]?.path ?? "";
  // Where nothing looks by itself, the variable must tell.
  const isKnown = listCandidatesOn(arch).some((known) => known.path === path);
  const flags = [
    ...isKnown ? [] : [`--allow-env=${LIBRARY_VARIABLE}`],
    shellWord(`--allow-ffi=${path.replaceAll(",", ",,")}`),
  ].join(" ");
  const variable = isKnown ? "" : `${LIBRARY_VARIABLE}=${shellWord(path)} `;
  return {
    run: `${variable}deno run ${flags} ${PACKAGE}`,
    compile: `deno compile ${flags} --output vmconf ${PACKAGE}`,
    certain: found !== undefined,
  };
}

const PACKAGE = "jsr:@cni/vmconf/cli";

/** Without permission to load a library it may still be seen. */
function isThere({ path }: Candidate): boolean {
  const permission = { name: "read", path } as const;
  if (Deno.permissions.querySync(permission).state !== "granted") return false;
  try {
    return path.startsWith("/") && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text)
    ? text
    : `'${text.replaceAll("'", `'\\''`)}'`;
}
