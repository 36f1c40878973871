/** Files and standard input. */
import { tooLong } from "../cni/json_text.ts";
import { quote, VmConfError } from "../errors.ts";
import { retryWhileBlocked } from "./retry.ts";

/**
 * Reads a text, blocking: a command that reads one text has nothing else to do,
 * and streams would take a fifth of its time.
 *
 * Bytes that are no UTF-8 become U+FFFD; a byte order mark stays.
 */
export function readText(file: string, longest: number): string {
  try {
    if (file === "-") {
      greet();
      return readAll(Deno.stdin, longest);
    }
    checkGranted(file);
    using opened = Deno.openSync(file);
    return readAll(opened, longest);
  } catch (cause) {
    throw cause instanceof VmConfError ? cause : unreadable(file, cause);
  }
}

const CHUNK_SIZE = 65_536;

function readAll(
  source: { readSync(buffer: Uint8Array): number | null },
  longest: number,
): string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const chunk = new Uint8Array(CHUNK_SIZE);
  const readSome = () => retryWhileBlocked(() => source.readSync(chunk));
  let text = "";
  let length = 0;
  for (let read = readSome(); read !== null; read = readSome()) {
    length += read;
    if (length > longest) throw tooLong("more", longest);
    text += decoder.decode(chunk.subarray(0, read), { stream: true });
  }
  return text + decoder.decode();
}

/** Bytes to be read. */
export interface Bytes {
  /** The bytes. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** How many there are, if that is known. */
  readonly size?: number;
}

/** Opens a file or standard input. */
export async function openBytes(file: string): Promise<Bytes> {
  if (file === "-") {
    greet();
    return { stream: streamOf(Deno.stdin) };
  }
  try {
    return await openFile(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

async function openFile(file: string): Promise<Bytes> {
  checkGranted(file);
  const opened = await Deno.open(file);
  const { isFile, isDirectory, size } = await opened.stat();
  if (isDirectory) {
    opened.close();
    throw new Deno.errors.IsADirectory();
  }
  return { stream: streamOf(opened), ...(isFile && { size }) };
}

/** Reads nothing ahead: a read that waits would keep the process alive. */
function streamOf(source: Deno.FsFile | typeof Deno.stdin): Bytes["stream"] {
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

/** Deno would ask a person for permission; a command says what it lacks. */
function checkGranted(file: string): void {
  // Where there is no person, Deno does not ask, and need not be asked either.
  if (!Deno.stdin.isTerminal()) return;
  const { state } = Deno.permissions.querySync({ name: "read", path: file });
  if (state !== "granted") throw new Deno.errors.NotCapable();
}

/** Tells a person that the command waits for them. */
function greet(): void {
  if (Deno.stdin.isTerminal()) {
    console.error("vmconf: reading standard input; end it with Ctrl-D");
  }
}

/** Makes the error of an input that cannot be read. */
export function unreadable(file: string, cause: unknown): VmConfError {
  return new VmConfError(
    "unreadable-input",
    `Cannot read ${quote(file)}: ${reasonOf(cause)}`,
    {
      cause,
      hint: cause instanceof Deno.errors.NotCapable
        ? "Grant it with --allow-read=FILE, or give the text on standard input."
        : undefined,
    },
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return "permission to read it was not granted";
  }
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
