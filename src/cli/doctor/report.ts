/** The report of `vmconf doctor`, as text. */
import { printable } from "../../errors.ts";
import type { GuestKernel } from "../../linux/kernel_config.ts";
import type { LibraryInUse, MachineReport } from "../../linux/machine.ts";
import { hangLines, TERMINAL_WIDTH, wrapText } from "../layout.ts";
import { addColour } from "../output.ts";
import type { PermissionAdvice } from "./advice.ts";

export function formatReport(
  machine: MachineReport,
  advice: PermissionAdvice,
  guestKernel: GuestKernel | undefined,
): string {
  const sections: readonly (readonly [title: string, lines: string[]])[] = [
    ["machine", describeMachine(machine)],
    [
      "libraries, in the order in which vmconf tries them",
      listLibraries(machine),
    ],
    ["permissions", listPermissions(machine)],
    ["capabilities", listCapabilities(machine)],
    ["network namespaces", describeAccess(machine)],
    ...guestKernel
      ? [["guest kernel", describeGuestKernel(guestKernel)] as const]
      : [],
  ];
  const shown = sections.map(([title, lines]) =>
    [title, ...lines.map((line) => INDENT + line), ""].join("\n")
  );
  return `${shown.join("\n")}
${conclude(machine, advice)}
${printable(advice.run)}
${printable(advice.compile)}
`;
}

const INDENT = "  ";

function formatParagraph(text: string): string[] {
  return wrapText(printable(text), TERMINAL_WIDTH - INDENT.length);
}

/** The words that begin a row: one if all is well, the other if not. */
type Words = readonly [good: string, bad: string];

const USABLE: Words = ["usable", "no"];
const GRANTED: Words = ["granted", "not granted"];
const YES: Words = ["yes", "no"];

/** A coloured word, and what it is about. */
function formatRow(
  isGood: boolean,
  [good, bad]: Words,
  text: string,
): string[] {
  const width = Math.max(good.length, bad.length);
  const word = (isGood ? good : bad).padEnd(width);
  const hang = " ".repeat(width + 2);
  return hangLines(
    wrapText(printable(text), TERMINAL_WIDTH - INDENT.length - hang.length),
    `${addColour(isGood ? "green" : "red", word, Deno.stdout)}  `,
    hang,
  );
}

function describeMachine(
  { arch, libc, kernel = "(release unknown)" }: MachineReport,
): string[] {
  const { flavour, version = "" } = libc;
  return formatParagraph(
    `${arch}, Linux ${kernel}, ${flavour} ${version}`.trim(),
  );
}

function listLibraries({ candidates, library }: MachineReport): string[] {
  return candidates.flatMap(({ path, failure }) => {
    const more = failure !== undefined
      ? `: ${failure.replace(LOADERS_WORDS, "")}`
      : path === library?.path
      ? ` (in use, ${describeLibrary(library)})`
      : "";
    return formatRow(failure === undefined, USABLE, `${path}${more}`);
  });
}

/** glibc puts them before every reason. */
const LOADERS_WORDS = /^cannot open shared object file: /;

function describeLibrary(
  { path, loadedFrom, version = "unknown" }: LibraryInUse,
): string {
  const from = loadedFrom === path ? "" : `, loaded from ${loadedFrom}`;
  return `version ${version}${from}`;
}

const FFI = {
  all: "--allow-ffi, for every library",
  some: "--allow-ffi, for some of these libraries",
  none: "--allow-ffi",
} as const;

function listPermissions({ permissions }: MachineReport): string[] {
  const { ffi, read, override } = permissions;
  return [
    ...formatRow(ffi !== "none", GRANTED, FFI[ffi]),
    ...formatRow(
      read,
      GRANTED,
      "--allow-read, for every file (standard input does not need it)",
    ),
    ...formatRow(
      override,
      GRANTED,
      "--allow-env, for VMCONF_LIBRARY, which can name a library",
    ),
  ];
}

function listCapabilities({ capabilities }: MachineReport): string[] {
  if (capabilities === undefined) {
    return formatParagraph("unknown: no library could be loaded");
  }
  const { CAP_SYS_ADMIN, CAP_NET_ADMIN } = capabilities;
  return [
    ...formatRow(CAP_SYS_ADMIN, YES, "CAP_SYS_ADMIN, to enter namespaces"),
    ...formatRow(CAP_NET_ADMIN, YES, "CAP_NET_ADMIN, to create devices"),
  ];
}

function describeAccess({ namespaces }: MachineReport): string[] {
  if (namespaces.canEnter) {
    return formatRow(true, YES, "vmconf can enter and leave them");
  }
  const { message, hint } = namespaces.error;
  return [
    ...formatRow(false, YES, message),
    ...hint === undefined ? [] : formatParagraph(hint),
  ];
}

function describeGuestKernel(
  { readsIpParam, drivesVirtioNet, remarks }: GuestKernel,
): string[] {
  return [
    ...formatRow(readsIpParam, YES, "reads ip= itself"),
    ...formatRow(drivesVirtioNet, YES, "has a driver for virtio-net"),
    ...remarks.flatMap(formatParagraph),
  ];
}

function conclude(
  { namespaces }: MachineReport,
  { certain }: PermissionAdvice,
): string {
  const conclusion = namespaces.canEnter
    ? "vmconf can query the kernel for MTUs. It needs only these permissions:"
    : "vmconf cannot query the kernel for MTUs. It needs these permissions:";
  return certain ? conclusion : `${conclusion}
(This is the usual path. Run doctor with --allow-ffi to find the real one.)`;
}
