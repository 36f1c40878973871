/** Standard output for results, standard error for everything else. */
import { serializeJson } from "../cni/serialize_json.ts";
import { printable, VmConfError } from "../errors.ts";
import type { Loss } from "../formats/format.ts";
import { patiently } from "./patience.ts";

/** Writes a result to standard output. */
export function print(text: string): void {
  write(Deno.stdout, text);
}

/** Writes a result to standard output, as JSON. */
export function printJson(value: object, indent?: number): void {
  print(`${serializeJson(value, indent)}\n`);
}

/** Tells what a format had to leave out, on standard error. */
export function warn(
  format: string,
  lost: readonly Loss[],
  json: boolean,
): void {
  if (json) {
    if (lost.length > 0) write(Deno.stderr, `${serializeJson({ lost })}\n`);
    return;
  }
  for (const loss of lost) {
    const line = printable(lossText(format, loss));
    write(Deno.stderr, `vmconf: ${paint("33", "warning:")} ${line}\n`);
  }
}

/** Puts a loss into words. */
export function lossText(format: string, loss: Loss): string {
  const { field, value, why, instead } = loss;
  const others = instead.length === 0
    ? ""
    : ` (formats that carry it: ${instead.join(", ")})`;
  return `${format} leaves out ${field} ${
    JSON.stringify(value)
  }: ${why}${others}`;
}

/** Shows an error, on standard error. */
export function complain(error: VmConfError, json: boolean): void {
  write(
    Deno.stderr,
    json
      ? `${serializeJson({ error: errorData(error) })}\n`
      : textOf(error.message, error.hint),
  );
}

/** An error as programs read it. */
export function errorData(
  { code, message, path, hint }: VmConfError,
): Record<string, string | undefined> {
  return { code, message, path, hint };
}

/** Tells a person something, on standard error. */
export function tell(message: string): void {
  write(Deno.stderr, `vmconf: ${printable(message)}\n`);
}

function textOf(message: string, hint: string | undefined): string {
  const lines = message.split("\n").map((line) =>
    `vmconf: ${paint("31", "error:")} ${printable(line)}\n`
  );
  const advice = hint === undefined
    ? ""
    : `  ${paint("36", "hint:")} ${printable(hint)}\n`;
  return lines.join("") + advice;
}

/** Colours a word, if a person reads it and has not declined (NO_COLOR). */
export function paint(
  colour: string,
  word: string,
  stream: { isTerminal(): boolean } = Deno.stderr,
): string {
  return Deno.noColor || !stream.isTerminal()
    ? word
    : `\x1b[1;${colour}m${word}\x1b[0m`;
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
    return patiently(() => sink.writeSync(bytes));
  } catch (cause) {
    // Nobody reads what went wrong: that must not change what is done.
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
