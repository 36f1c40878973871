/**
 * Kernel command lines.
 *
 * Source: the kernel's lib/cmdline.c (`next_arg`), which knows double quotes
 * around spaces and no escapes, and its Documentation/admin-guide/
 * kernel-parameters.rst: what follows ` -- ` is for init.
 */
import type { Loss } from "./format.ts";
import { invalidOption } from "./values.ts";

/** x86 and arm64 cut longer ones: COMMAND_LINE_SIZE less its NUL. */
const LONGEST_LINE = 2047;

/** Nearly every line; much faster than the test for Unicode's controls. */
const PLAIN = /^[ -~\t]*$/;

/** The words of a kernel command line. */
export interface SplitLine {
  readonly forKernel: readonly string[];
  /** From `--` on. */
  readonly forInit: readonly string[];
}

/** Splits a kernel command line as the kernel does, unless a quote is open. */
export function splitLine(line: string): SplitLine | undefined {
  const words: string[] = line.match(/(?:"[^"]*"|[^\s"])+|"/g) ?? [];
  if (words.includes('"')) return undefined;
  const dashes = words.indexOf("--");
  const end = dashes < 0 ? words.length : dashes;
  return { forKernel: words.slice(0, end), forInit: words.slice(end) };
}

/**
 * Adds parameters at the end of a kernel command line, before what is for init.
 * A parameter other than `ip=` that the line already has is not added again.
 */
export function mergeBootArgs(
  line: string,
  parameters: readonly string[],
): string {
  if (!PLAIN.test(line) && /[^\P{Cc}\t]/u.test(line)) {
    throw invalidOption(
      "bootArgs",
      "one line without control characters",
      line,
    );
  }
  const split = splitLine(line);
  if (split === undefined) {
    throw invalidOption(
      "bootArgs",
      "a closing quote for each opening one",
      line,
    );
  }
  const { forKernel, forInit } = split;
  const given = new Set(forKernel);
  const missing = parameters.filter((parameter) =>
    getName(parameter) === "ip" || !given.has(parameter)
  );
  for (const name of new Set(missing.map(getName))) {
    const before = forKernel.find((word) =>
      getCanonicalName(getName(word)) === name
    );
    if (before !== undefined) {
      throw invalidOption(
        "bootArgs",
        `no ${name}= beside the one that vmconf adds`,
        before,
        name === "ip"
          ? "The kernel uses only the last ip=. Remove the other one."
          : "Remove it: vmconf adds this parameter with the VM's values.",
      );
    }
  }
  return [...forKernel, ...missing, ...forInit].join(" ");
}

/** Even a name may stand in quotes. */
function getName(word: string): string {
  return word.replace(/^"/, "").split("=", 1)[0] ?? "";
}

/** The kernel's other name for the same parameter. */
function getCanonicalName(name: string): string {
  return name === "nfsaddrs" ? "ip" : name;
}

/** Finds whether the kernel would cut a command line. */
export function findLineLosses(line: string): Loss[] {
  const { length } = new TextEncoder().encode(line);
  if (length <= LONGEST_LINE) return [];
  return [{
    field: "options.bootArgs",
    value: length,
    why:
      `the kernel (x86, arm64) cuts a command line after ${LONGEST_LINE} bytes, silently`,
    instead: [],
  }];
}
