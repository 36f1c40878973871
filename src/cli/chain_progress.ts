/** What a person sees while a chain runs, on standard error. */
import type { ChainEvent } from "../chain/context.ts";
import { printable } from "../errors.ts";
import { printMessage } from "./output.ts";

/**
 * Makes the observer of a chain: each plugin's progress on a terminal, what it
 * logs, and with `verbose` all that is exchanged with it.
 */
export function observer(verbose: boolean): (event: ChainEvent) => void {
  const isWatched = Deno.stderr.isTerminal() && !verbose;
  return (event) => {
    if (event.kind === "note") return printMessage(event.message);
    if (event.kind === "collected") return;
    const { network, command, plugin } = event;
    const title = `${network}: ${command} ${plugin}`;
    if (event.kind === "start") {
      if (isWatched) transient(`vmconf: ${printable(title)} ...`);
      if (!verbose) return;
      const env = Object.entries(event.env).map((pair) => pair.join("="));
      printMessage(`${title}: environment: ${env.join(" ")}`);
      printMessage(`${title}: stdin: ${event.stdin}`);
      return;
    }
    const { ok, status, stdout, stderr, milliseconds } = event;
    if (isWatched) transient("");
    if (isWatched || verbose) {
      printMessage(
        `${title}: ${ok ? "done" : status}, ${milliseconds.toFixed(0)} ms`,
      );
    }
    if (verbose) printMessage(`${title}: stdout: ${stdout.trim()}`);
    // What a failed plugin says is in the error.
    if (!ok && !verbose) return;
    for (const line of stderr.split("\n")) {
      if (line.trim() !== "") printMessage(`${title}: stderr: ${line}`);
    }
  };
}

/** A line that the next one replaces. */
function transient(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
  } catch {
    // Nobody watches any more.
  }
}
