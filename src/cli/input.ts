/** Files and standard input. */
import { tooLong } from "../cni/json_text.ts";
import { quote, VmConfError } from "../errors.ts";

/**
 * Reads a text.
 *
 * Bytes that are no UTF-8 become U+FFFD; a byte order mark stays.
 *
 * @param file The file's path, or `-` for standard input.
 * @param longest The most bytes that are read.
 * @returns Its text.
 * @throws {VmConfError} `unreadable-input`, with the permission to grant, or
 * `too-long`.
 */
export async function readText(file: string, longest: number): Promise<string> {
  const { stream } = await openBytes(file);
  try {
    return await decode(stream, longest);
  } catch (cause) {
    throw cause instanceof VmConfError ? cause : unreadable(file, cause);
  }
}

/** Bytes to be read. */
export interface Bytes {
  /** The bytes. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** How many there are, if that is known. */
  readonly size?: number;
}

/**
 * Opens a file or standard input.
 *
 * @param file The file's path, or `-` for standard input.
 * @returns Its bytes.
 * @throws {VmConfError} `unreadable-input`, with the permission to grant.
 */
export async function openBytes(file: string): Promise<Bytes> {
  if (file === "-") return { stream: stdin() };
  try {
    return await openFile(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** Deno would ask a person for permission; a command says what it lacks. */
async function openFile(file: string): Promise<Bytes> {
  const { state } = Deno.permissions.querySync({ name: "read", path: file });
  if (state !== "granted") throw new Deno.errors.NotCapable();
  const opened = await Deno.open(file);
  const { isFile, isDirectory, size } = await opened.stat();
  if (isDirectory) throw new Deno.errors.IsADirectory();
  return { stream: opened.readable, ...(isFile && { size }) };
}

function stdin(): Bytes["stream"] {
  if (Deno.stdin.isTerminal()) {
    console.error("vmconf: reading standard input; end it with Ctrl-D");
  }
  return Deno.stdin.readable;
}

async function decode(
  bytes: Bytes["stream"],
  longest: number,
): Promise<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let text = "";
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    if (length > longest) throw tooLong("more", longest);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * Makes the error of an input that cannot be read.
 *
 * @param file The file's path, or `-` for standard input.
 * @param cause What the system said.
 * @returns The error, not yet thrown.
 */
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
