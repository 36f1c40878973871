/** Standard output for results, standard error for everything else. */
import { serializeJson } from "../cni/serialize_json.ts";
import { printable, VmConfError } from "../errors.ts";
import type { Loss } from "../formats/format.ts";
import { retryWhileBlocked } from "./retry.ts";

export function print(text: string): void {
  write(Deno.stdout, text);
}

export function printJson(value: object, indent?: number): void {
  print(formatJson(value, indent));
}

export function formatJson(value: object, indent?: number): string {
  return `${serializeJson(value, indent)}\n`;
}

/** Prints what a format left out, on standard error. */
export function printLosses(
  format: string,
  lost: readonly Loss[],
  json: boolean,
): void {
  if (json) {
    if (lost.length > 0) write(Deno.stderr, formatJson({ lost }));
    return;
  }
  const label = addColour("yellow", "warning:");
  for (const loss of lost) {
    const line = printable(describeLoss(format, loss));
    write(Deno.stderr, `vmconf: ${label} ${line}\n`);
  }
}

export function describeLoss(
  format: string,
  { field, value, why, instead }: Loss,
): string {
  const others = instead.length === 0
    ? ""
    : ` (formats that support it: ${instead.join(", ")})`;
  return `${format} leaves out ${field} ${
    JSON.stringify(value)
  }: ${why}${others}`;
}

export function printError(error: VmConfError, json: boolean): void {
  write(
    Deno.stderr,
    json ? formatJson({ error: toErrorJson(error) }) : formatError(error),
  );
}

/** Picks the members of an error that programs read. */
export function toErrorJson(
  { code, message, path, hint }: VmConfError,
): Record<string, string | undefined> {
  return { code, message, path, hint };
}

function formatError({ message, hint }: VmConfError): string {
  const label = addColour("red", "error:");
  const lines = message.split("\n").map((line) =>
    `vmconf: ${label} ${printable(line)}\n`
  );
  if (hint !== undefined) {
    lines.push(`  ${addColour("cyan", "hint:")} ${printable(hint)}\n`);
  }
  return lines.join("");
}

/** Makes a VmConfError of anything that was thrown. */
export function toVmConfError(error: unknown): VmConfError {
  if (error instanceof VmConfError) return error;
  // V8 throws a RangeError if a stack, a list or a text becomes too large.
  const isTooLarge = error instanceof RangeError;
  const reason = error instanceof Error ? error.message : String(error);
  return new VmConfError(
    "unexpected",
    isTooLarge
      ? `Cannot handle an input or an output of this size: ${reason}`
      : `Unexpected failure: ${reason}`,
    {
      cause: error,
      hint: isTooLarge
        ? "Use a smaller input, or one with less nesting."
        : "This is a bug in vmconf. Please report it with the input.",
    },
  );
}

/** Prints a message for a person on standard error. */
export function printMessage(message: string): void {
  write(Deno.stderr, `vmconf: ${printable(message)}\n`);
}

/** Parameters of SGR (ECMA-48, section 8.3.117). */
const COLOURS = {
  default: 39,
  red: 31,
  green: 32,
  yellow: 33,
  cyan: 36,
} as const;

export type Colour = keyof typeof COLOURS;

/** Makes a word bold and coloured on a terminal, unless NO_COLOR is set. */
export function addColour(
  colour: Colour,
  word: string,
  stream: { isTerminal(): boolean } = Deno.stderr,
): string {
  return Deno.noColor || !stream.isTerminal()
    ? word
    : `\x1b[1;${COLOURS[colour]}m${word}\x1b[0m`;
}

interface Sink {
  writeSync(bytes: Uint8Array): number;
}

function write(sink: Sink, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += writeSome(sink, bytes.subarray(written));
  }
}

function writeSome(sink: Sink, bytes: Uint8Array): number {
  try {
    return retryWhileBlocked(() => sink.writeSync(bytes));
  } catch (cause) {
    // That nobody reads the messages must not change what is done.
    if (sink === Deno.stderr) return bytes.length;
    if (cause instanceof Deno.errors.BrokenPipe) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VmConfError(
      "unwritable-output",
      `Cannot write to standard output: ${reason}`,
      { cause },
    );
  }
}
