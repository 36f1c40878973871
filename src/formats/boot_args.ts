/**
 * Putting parameters into a kernel command line.
 *
 * Source: the kernel's lib/cmdline.c (`next_arg`), which knows double quotes
 * around spaces and no escapes, and its Documentation/admin-guide/
 * kernel-parameters.rst: what stands behind ` -- ` is for init.
 */
import type { Loss } from "./format.ts";
import { invalidOption } from "./values.ts";

/** Longer ones are cut by x86 and arm64: COMMAND_LINE_SIZE less its NUL. */
const LONGEST_LINE = 2047;

/** Nearly every line; far cheaper to tell than what Unicode calls control. */
const PLAIN = /^[ -~\t]*$/;

/** Splits a kernel command line into its words, as the kernel does. */
export function splitLine(line: string): string[] | undefined {
  const words: string[] = line.match(/(?:"[^"]*"|[^\s"])+|"/g) ?? [];
  return words.includes('"') ? undefined : words;
}

/**
 * Puts parameters at the end of a kernel command line, before what is for init.
 * What the line says word for word, such as `rd.neednet=1`, is not put in again.
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
  const words = splitLine(line);
  if (words === undefined) {
    throw invalidOption(
      "bootArgs",
      "as many closing quotes as opening ones",
      line,
    );
  }
  const end = words.indexOf("--");
  const forKernel = end < 0 ? words : words.slice(0, end);
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
        `no ${name}= beside the one that is put in`,
        before,
        name === "ip"
          ? "Of two the kernel takes the last one for all: take it out."
          : "Take it out: one of that name is put in, with what the VM has.",
      );
    }
  }
  const forInit = end < 0 ? [] : words.slice(end);
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

/** Tells whether a command line would be cut. */
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
