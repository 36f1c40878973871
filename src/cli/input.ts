/** Files and standard input. */
import { tooLongError } from "../cni/json_text.ts";
import { quote, VmConfError } from "../errors.ts";
import { isGranted } from "./permissions.ts";
import { retryWhileBlocked } from "./retry.ts";

const CHUNK_SIZE = 65_536;

/**
 * Reads a text, synchronously: a command that reads one text has nothing else to
 * do, and a stream would take a fifth of its time.
 *
 * Bytes that are not UTF-8 become U+FFFD. A byte order mark is kept.
 */
export function readText(file: string, longest: number): string {
  try {
    if (file === "-") {
      printStdinNotice();
      return readAll(Deno.stdin, longest);
    }
    checkGranted(file);
    using opened = Deno.openSync(file);
    return readAll(opened, longest);
  } catch (cause) {
    throw cause instanceof VmConfError ? cause : unreadable(file, cause);
  }
}

function readAll(
  source: { readSync(buffer: Uint8Array): number | null },
  longest: number,
): string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const chunk = new Uint8Array(CHUNK_SIZE);
  const readChunk = () => retryWhileBlocked(() => source.readSync(chunk));
  let text = "";
  let length = 0;
  for (let read = readChunk(); read !== null; read = readChunk()) {
    length += read;
    if (length > longest) throw tooLongError("more", longest);
    text += decoder.decode(chunk.subarray(0, read), { stream: true });
  }
  return text + decoder.decode();
}

/** A file or standard input, opened for reading. */
export interface OpenInput {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The number of bytes, if it is known. */
  readonly size?: number;
}

export async function openInput(file: string): Promise<OpenInput> {
  if (file === "-") {
    printStdinNotice();
    return { stream: createStream(Deno.stdin) };
  }
  try {
    checkGranted(file);
    const opened = await Deno.open(file);
    const { isFile, isDirectory, size } = await opened.stat();
    if (isDirectory) {
      opened.close();
      throw new Deno.errors.IsADirectory();
    }
    return { stream: createStream(opened), ...(isFile && { size }) };
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** Reads nothing ahead: a pending read would keep the process running. */
function createStream(
  source: Deno.FsFile | typeof Deno.stdin,
): OpenInput["stream"] {
  return new ReadableStream({
    async pull(controller) {
      const chunk = new Uint8Array(CHUNK_SIZE);
      const read = await source.read(chunk);
      if (read !== null) return controller.enqueue(chunk.subarray(0, read));
      controller.close();
      source.close();
    },
    cancel: () => source.close(),
  }, { highWaterMark: 0 });
}

/** On a terminal, Deno would ask the user for the permission. */
function checkGranted(file: string): void {
  if (!Deno.stdin.isTerminal()) return;
  if (isGranted({ name: "read", path: file })) return;
  throw new Deno.errors.NotCapable();
}

function printStdinNotice(): void {
  if (Deno.stdin.isTerminal()) {
    console.error("vmconf: reading standard input; end it with Ctrl-D");
  }
}

export function unreadable(file: string, cause: unknown): VmConfError {
  return new VmConfError(
    "unreadable-input",
    `Cannot read ${quote(file)}: ${describeCause(cause)}`,
    {
      cause,
      hint: cause instanceof Deno.errors.NotCapable
        ? "Grant it with --allow-read=FILE, or use standard input."
        : undefined,
    },
  );
}

function describeCause(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return "permission to read it was not granted";
  }
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
