/** The input of `vmconf batch`: lines, in constant memory, with progress. */
import { openInput, unreadable } from "./input.ts";

/** A line; `undefined` for one that was too long to keep. */
export type InputLine = string | undefined;

export interface LineReader extends AsyncDisposable {
  /** The lines, as many at a time as were read at once. */
  readonly lines: AsyncIterable<readonly InputLine[]>;
  /** Ends the lines early. */
  readonly stop: () => void;
}

export async function openLines(
  file: string,
  longest: number,
): Promise<LineReader> {
  const { stream, size } = await openInput(file);
  const progress = await showProgress(size);
  const reader = stream.getReader();
  return {
    lines: splitLines(readChunks(file, reader, progress), longest),
    stop: () => void reader.cancel(),
    [Symbol.asyncDispose]: () => progress.stop(),
  };
}

interface Progress {
  value: number;
  stop(): Promise<void>;
}

/** A bar on standard error, if that is a terminal and the size is known. */
async function showProgress(size: number | undefined): Promise<Progress> {
  if (size === undefined || !Deno.stderr.isTerminal()) {
    return { value: 0, stop: async () => {} };
  }
  const { ProgressBar } = await import("@std/cli/unstable-progress-bar");
  return new ProgressBar({ max: size, clear: true });
}

async function* readChunks(
  file: string,
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  progress: Progress,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  while (true) {
    const { done, value } = await reader.read().catch((cause) => {
      throw unreadable(file, cause);
    });
    if (done) return;
    progress.value += value.length;
    yield value;
  }
}

async function* splitLines(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  longest: number,
): AsyncGenerator<InputLine[]> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let pending = "";
  let isTooLong = false;
  for await (const chunk of chunks) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    const rest = parts.pop() ?? "";
    const lines: InputLine[] = [];
    for (const part of parts) {
      const line = pending + part;
      lines.push(isTooLong || line.length > longest ? undefined : line);
      pending = "";
      isTooLong = false;
    }
    pending += rest;
    isTooLong ||= pending.length > longest;
    if (isTooLong) pending = "";
    yield lines;
  }
  pending += decoder.decode();
  if (isTooLong || pending !== "") yield [isTooLong ? undefined : pending];
}
