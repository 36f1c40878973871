/** The command lines that `vmconf doctor` advises, with exact permissions. */
import { quoteShellWord } from "../../formats/shell_words.ts";
import { type Candidate, listCandidatesOn } from "../../linux/candidates.ts";
import { LIBRARY_VARIABLE } from "../../linux/library.ts";
import type { MachineReport } from "../../linux/machine.ts";
import { isGranted } from "../permissions.ts";

export interface PermissionAdvice {
  readonly run: string;
  readonly compile: string;
  /** Whether the library that they name was found. */
  readonly certain: boolean;
}

const PACKAGE = "jsr:@cni/vmconf/cli";

/** Advises the permissions that querying the kernel needs, and no others. */
export function advisePermissions(
  { arch, library, candidates }: MachineReport,
): PermissionAdvice {
  const found = library?.loadedFrom ?? candidates.find(isFile)?.path;
  const path = found ?? candidates[0]?.path ?? "";
  // vmconf finds a library in an unusual place only by the variable.
  const isUsual = listCandidatesOn(arch).some((usual) => usual.path === path);
  const flags = [
    ...isUsual ? [] : [`--allow-env=${LIBRARY_VARIABLE}`],
    quoteShellWord(`--allow-ffi=${path.replaceAll(",", ",,")}`),
  ].join(" ");
  const variable = isUsual
    ? ""
    : `${LIBRARY_VARIABLE}=${quoteShellWord(path)} `;
  return {
    run: `${variable}deno run ${flags} ${PACKAGE}`,
    compile: `deno compile ${flags} --output vmconf ${PACKAGE}`,
    certain: found !== undefined,
  };
}

/** A library can be seen without the permission to load it. */
function isFile({ path }: Candidate): boolean {
  if (!isGranted({ name: "read", path })) return false;
  try {
    return path.startsWith("/") && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
