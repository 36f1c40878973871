/** A stream of bytes → its lines, in constant memory. */

/** A line; `undefined` for one that was too long to be kept. */
export type InputLine = string | undefined;

/** Splits a stream into lines. */
export async function* linesOf(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
  longest: number,
): AsyncGenerator<InputLine[]> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let pending = "";
  let tooLong = false;
  for await (const chunk of bytes) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    const rest = parts.pop() ?? "";
    const lines: InputLine[] = [];
    for (const part of parts) {
      const line = pending + part;
      lines.push(tooLong || line.length > longest ? undefined : line);
      pending = "";
      tooLong = false;
    }
    pending += rest;
    tooLong ||= pending.length > longest;
    if (tooLong) pending = "";
    yield lines;
  }
  pending += decoder.decode();
  if (tooLong || pending !== "") yield [tooLong ? undefined : pending];
}
