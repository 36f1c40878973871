/** What `vmconf doctor` shows to a person. */
import { printable } from "../../errors.ts";
import type { LibraryInUse, MachineReport } from "../../linux/machine.ts";
import type { GuestKernel } from "../../linux/kernel_config.ts";
import type { Advice } from "./advice.ts";
import { addColour } from "../output.ts";
import { TERMINAL_WIDTH, wrapText } from "../layout.ts";

/** All that is shown. */
export interface Report {
  readonly diagnosis: MachineReport;
  readonly guestKernel?: GuestKernel;
  readonly advice: Advice;
}

/** Writes a report. */
export function reportText({ diagnosis, guestKernel, advice }: Report): string {
  const { arch, libc, kernel = "(release unknown)" } = diagnosis;
  const machine = `${arch}, Linux ${kernel}, ${libc.flavour} ${
    libc.version ?? ""
  }`;
  const sections: [string, string[]][] = [
    ["machine", prose(machine.trim())],
    ["libraries, in the order in which they are tried", libraries(diagnosis)],
    ["permissions", permissions(diagnosis)],
    ["capabilities", capabilities(diagnosis)],
    ["network namespaces", entering(diagnosis)],
    ...guestKernel
      ? [["guest kernel", guest(guestKernel)] as [string, string[]]]
      : [],
  ];
  const shown = sections.map(([title, lines]) =>
    [title, ...lines.map((line) => INDENT + line), ""].join("\n")
  );
  return `${shown.join("\n")}
${conclusion(diagnosis, advice)}
${printable(advice.run)}
${printable(advice.compile)}
`;
}

const INDENT = "  ";
const GAP = "  ";

function prose(text: string): string[] {
  return wrapText(printable(text), TERMINAL_WIDTH - INDENT.length);
}

/** A coloured word, and beside it what it says of. */
function row(isGood: boolean, [yes, no]: Words, text: string): string[] {
  const width = Math.max(yes.length, no.length);
  const word = (isGood ? yes : no).padEnd(width);
  const before = " ".repeat(width) + GAP;
  const room = TERMINAL_WIDTH - INDENT.length - before.length;
  const [first = "", ...rest] = wrapText(printable(text), room);
  return [
    addColour(isGood ? "green" : "red", word, Deno.stdout) + GAP + first,
    ...rest.map((line) => before + line),
  ];
}

/** What a row says if all is well, and if not. */
type Words = readonly [yes: string, no: string];

const FOUND: Words = ["found", "no"];
const HELD: Words = ["held", "not held"];
const YES: Words = ["yes", "no"];

function libraries({ candidates, library }: MachineReport): string[] {
  return candidates.flatMap(({ path, failure }) => {
    const more = failure !== undefined
      ? `: ${failure.replace(LOADERS_WORDS, "")}`
      : path === library?.path
      ? ` (in use, ${describe(library)})`
      : "";
    return row(failure === undefined, FOUND, `${path}${more}`);
  });
}

/** glibc's, before what the system says: the same on every line. */
const LOADERS_WORDS = /^cannot open shared object file: /;

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

function permissions({ permissions }: MachineReport): string[] {
  const { ffi, read, override } = permissions;
  return [
    ...row(ffi !== "none", HELD, `ffi, ${FFI[ffi]}`),
    ...row(read, HELD, "read, of every file; standard input needs none"),
    ...row(override, HELD, "env, of VMCONF_LIBRARY, which may name a library"),
  ];
}

function capabilities({ capabilities }: MachineReport): string[] {
  if (capabilities === undefined) {
    return prose("unknown, as no library could be loaded to ask");
  }
  const { CAP_SYS_ADMIN, CAP_NET_ADMIN } = capabilities;
  return [
    ...row(CAP_SYS_ADMIN, HELD, "CAP_SYS_ADMIN, to enter namespaces"),
    ...row(CAP_NET_ADMIN, HELD, "CAP_NET_ADMIN, to make devices"),
  ];
}

function entering({ namespaces }: MachineReport): string[] {
  if (namespaces.canEnter) {
    return row(true, YES, "they can be entered and left again");
  }
  const { message, hint } = namespaces.error;
  return [...row(false, YES, message), ...hint ? prose(hint) : []];
}

function guest(
  { readsIpParam, drivesVirtioNet, remarks }: GuestKernel,
): string[] {
  return [
    ...row(readsIpParam, YES, "reads ip= by itself"),
    ...row(drivesVirtioNet, YES, "drives virtio-net"),
    ...remarks.flatMap(prose),
  ];
}

function conclusion(
  { namespaces }: MachineReport,
  { certain }: Advice,
): string {
  return [
    namespaces.canEnter
      ? "The kernel can be asked for MTUs. No more permission than this is needed:"
      : "The kernel cannot be asked for MTUs. This much permission is needed:",
    ...certain
      ? []
      : ["(the library's usual path; with --allow-ffi the doctor finds it)"],
  ].join("\n");
}
