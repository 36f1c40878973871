/**
 * Asks for MTUs, and tells what each question did to the process.
 *
 * Standard input: one link a line. Standard output: one answer a line.
 */
import { type NetnsDevice, readMtu, VmConfError } from "../../mod.ts";
import { countDescriptors } from "../linux/descriptors.ts";

/** An answer, with the state of the process before and after the question. */
export interface Answer {
  readonly mtu?: number;
  readonly code?: string;
  readonly message?: string;
  readonly before: State;
  readonly after: State;
  readonly library: string;
}

interface State {
  readonly namespace: string;
  readonly descriptors: number;
}

function state(): State {
  return {
    namespace: Deno.readLinkSync("/proc/thread-self/ns/net"),
    descriptors: countDescriptors(),
  };
}

function libraryInUse(): string {
  const maps = Deno.readTextFileSync("/proc/self/maps");
  return maps.includes("libnl-route") ? "libnl-route" : "libc";
}

function ask(link: NetnsDevice): Pick<Answer, "mtu" | "code" | "message"> {
  try {
    return { mtu: readMtu(link) };
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    return { code: error.code, message: error.message };
  }
}

if (import.meta.main) {
  const input = await new Response(Deno.stdin.readable).text();
  for (const line of input.trim().split("\n")) {
    const before = state();
    const answer = ask(JSON.parse(line));
    const after = state();
    console.log(
      JSON.stringify({ ...answer, before, after, library: libraryInUse() }),
    );
  }
}
