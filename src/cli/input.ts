/** Files and standard input. */
import { quote, VmConfError } from "../errors.ts";

/**
 * Reads a text.
 *
 * Bytes that are no UTF-8 become U+FFFD, as in Go; a byte order mark stays.
 *
 * @param file The file's path, or `-` for standard input.
 * @returns Its text.
 * @throws {VmConfError} `unreadable-input`, with the permission to grant.
 */
export async function readText(file: string): Promise<string> {
  const bytes = file === "-" ? await readStdin() : await readFile(file);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

async function readStdin(): Promise<Uint8Array> {
  if (Deno.stdin.isTerminal()) {
    console.error("vmconf: reading a CNI result; end it with Ctrl-D");
  }
  return new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
}

async function readFile(file: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(file);
  } catch (cause) {
    const denied = cause instanceof Deno.errors.NotCapable;
    throw new VmConfError(
      "unreadable-input",
      `Cannot read ${quote(file)}: ${reasonOf(cause)}`,
      {
        cause,
        hint: denied
          ? `Grant it with --allow-read=FILE, or give the text on standard input.`
          : undefined,
      },
    );
  }
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
