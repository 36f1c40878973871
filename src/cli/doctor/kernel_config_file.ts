/** A kernel's configuration from a file, compressed or not. */
import { VmConfError } from "../../errors.ts";
import { openBytes, unreadable } from "../input.ts";

/** Those of distributions have some 300,000 bytes. */
const LONGEST = 16 * 1024 * 1024;

/**
 * Reads a kernel's configuration; one that is compressed, as /proc/config.gz is,
 * is decompressed.
 */
export async function readKernelConfig(file: string): Promise<string> {
  const { stream } = await openBytes(file);
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of await decompressed(stream)) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > LONGEST) {
        throw new RangeError(`expected at most ${LONGEST} bytes, found more`);
      }
    }
    return text + decoder.decode();
  } catch (cause) {
    throw cause instanceof VmConfError ? cause : unreadable(file, cause);
  }
}

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

async function decompressed(
  stream: Bytes,
): Promise<ReadableStream<Uint8Array>> {
  const [sample, whole] = stream.tee();
  const reader = sample.getReader();
  const { value } = await reader.read();
  reader.cancel(); // ends with the other branch, so it is not waited for
  const isGzip = value?.[0] === 0x1f && value[1] === 0x8b;
  return isGzip ? whole.pipeThrough(new DecompressionStream("gzip")) : whole;
}
