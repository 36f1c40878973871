/** What `vmconf doctor` shows to a person. */
import { printable } from "../../errors.ts";
import type { Diagnosis, LibraryInUse } from "../../linux/diagnosis.ts";
import type { GuestKernel } from "../../linux/kernel_config.ts";
import type { Advice } from "./advice.ts";
import { paint } from "../output.ts";

/** All that is shown. */
export interface Report {
  readonly diagnosis: Diagnosis;
  readonly guestKernel?: GuestKernel;
  readonly advice: Advice;
}

const GOOD = "32";
const BAD = "31";

/**
 * Writes a report.
 *
 * @param report What was found.
 * @returns The text; its last two lines are commands.
 */
export function reportText({ diagnosis, guestKernel, advice }: Report): string {
  const { arch, libc, kernel = "(release unknown)" } = diagnosis;
  const sections: [string, string[]][] = [
    ["machine", [
      `${arch}, Linux ${kernel}, ${libc.flavour} ${libc.version ?? ""}`.trim(),
    ]],
    ["libraries, in the order in which they are tried", libraries(diagnosis)],
    ["permissions", permissions(diagnosis)],
    ["capabilities", capabilities(diagnosis)],
    ["network namespaces", entering(diagnosis)],
    ...guestKernel
      ? [["guest kernel", guest(guestKernel)] as [string, string[]]]
      : [],
  ];
  const shown = sections.map(([title, lines]) =>
    [title, ...lines.map((line) => `  ${line}`), ""].join("\n")
  );
  return `${shown.join("\n")}
${conclusion(diagnosis, advice)}
${printable(advice.run)}
${printable(advice.compile)}
`;
}

function mark(isGood: boolean, yes: string, no: string): string {
  const width = Math.max(yes.length, no.length);
  return paint(
    isGood ? GOOD : BAD,
    (isGood ? yes : no).padEnd(width),
    Deno.stdout,
  );
}

function libraries({ candidates, library }: Diagnosis): string[] {
  return candidates.map(({ path, failure }) => {
    const found = mark(failure === undefined, "found", "no");
    const more = failure !== undefined
      ? `: ${failure}`
      : path === library?.path
      ? ` (in use, ${describe(library)})`
      : "";
    return `${found}  ${printable(`${path}${more}`)}`;
  });
}

function describe(
  { path, loadedFrom, version = "unknown" }: LibraryInUse,
): string {
  const from = loadedFrom === path ? "" : `, loaded from ${loadedFrom}`;
  return `version ${version}${from}`;
}

const FFI = {
  all: "of every library",
  some: "of some of the paths above",
  none: "of no library",
} as const;

function permissions({ permissions }: Diagnosis): string[] {
  const { ffi, read, override } = permissions;
  return [
    `${held(ffi !== "none")}  ffi, ${FFI[ffi]}`,
    `${held(read)}  read, of every file; standard input needs none`,
    `${held(override)}  env, of VMCONF_LIBRARY, which may name a library`,
  ];
}

function held(isHeld: boolean): string {
  return mark(isHeld, "held", "not held");
}

function capabilities({ capabilities }: Diagnosis): string[] {
  if (capabilities === undefined) {
    return ["unknown, as no library could be loaded to ask"];
  }
  return [
    `${held(capabilities.CAP_SYS_ADMIN)}  CAP_SYS_ADMIN, to enter namespaces`,
    `${held(capabilities.CAP_NET_ADMIN)}  CAP_NET_ADMIN, to make devices`,
  ];
}

function entering({ namespaces }: Diagnosis): string[] {
  if (namespaces.canEnter) {
    return [`${mark(true, "yes", "")}  they can be entered and left again`];
  }
  const { message, hint } = namespaces.error;
  return [`${mark(false, "", "no")}  ${message}`, ...hint ? [hint] : []];
}

function guest({ readsIpParam, drivesVirtioNet, remarks }: GuestKernel) {
  return [
    `${mark(readsIpParam, "yes", "no")}  reads ip= by itself`,
    `${mark(drivesVirtioNet, "yes", "no")}  drives virtio-net`,
    ...remarks,
  ];
}

function conclusion({ namespaces }: Diagnosis, { certain }: Advice): string {
  return [
    namespaces.canEnter
      ? "The kernel can be asked for MTUs. No more permission than this is needed:"
      : "The kernel cannot be asked for MTUs. This much permission is needed:",
    ...certain
      ? []
      : ["(the library's usual path; with --allow-ffi the doctor finds it)"],
  ].join("\n");
}
