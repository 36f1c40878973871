/**
 * Answers every golden vector as Go's program did: in place, with the MTU asked
 * of the kernel. Standard output: one answer a line.
 */
import { ipBootParam, staticNetworkConfFrom, VmConfError } from "../../mod.ts";
import { type Answer, NETNS_PREFIX, SCRATCH, type Vector } from "./vector.ts";

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

function inputOf(vector: Vector): string {
  const text = vector.resultBase64 !== undefined
    ? new TextDecoder("utf-8", { ignoreBOM: true })
      .decode(bytesOf(vector.resultBase64))
    : vector.resultText ?? JSON.stringify(vector.result);
  return placed(text);
}

function placed(text: string): string {
  return text.replaceAll(/\$\{NETNS:(\w+)\}/g, `${NETNS_PREFIX}$1`)
    .replaceAll("${SCRATCH}", SCRATCH);
}

function attempt<T>(action: () => T): { ok: T } | { error: Answer["error"] } {
  try {
    return { ok: action() };
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    const { code, message, path } = error;
    return { error: { code, message, path } };
  }
}

if (import.meta.main) {
  const lines = Deno.readTextFileSync(Deno.args[0] ?? "").trim().split("\n");
  for (const line of lines) {
    const vector: Vector = JSON.parse(line);
    const conf = attempt(() =>
      staticNetworkConfFrom(inputOf(vector), placed(vector.containerID), {
        vmIfName: vector.ifName,
      })
    );
    const ip = "ok" in conf ? attempt(() => ipBootParam(conf.ok)) : undefined;
    console.log(JSON.stringify({ id: vector.id, ...conf, ip }));
  }
}
