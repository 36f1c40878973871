/** Runs the operations of a chain, and shows their progress. */
import type { ChainEvent, ChainOptions } from "../chain/chain.ts";
import { printable, VmConfError } from "../errors.ts";
import { parseTimeoutFlag } from "./chain_flags.ts";
import type { Arguments } from "./command.ts";
import { EXIT_SIGNALS } from "./exit_codes.ts";
import { printError, printMessage } from "./output.ts";

/**
 * Runs an operation with the options that the flags give. A signal makes it undo
 * what it did, and stop.
 */
export async function runInterruptibly(
  args: Arguments,
  run: (options: ChainOptions) => Promise<number>,
): Promise<number> {
  const { flags, lists } = args;
  const stop = new AbortController();
  using listeners = new DisposableStack();
  for (const [name, code] of Object.entries(EXIT_SIGNALS)) {
    const signal = name as Deno.Signal;
    const listener = () => stop.abort(code);
    Deno.addSignalListener(signal, listener);
    listeners.defer(() => Deno.removeSignalListener(signal, listener));
  }
  try {
    return await run({
      confDirs: lists.get("conf-dir"),
      binDirs: lists.get("bin-dir"),
      cacheDir: flags.get("cache-dir"),
      timeoutMs: parseTimeoutFlag(args),
      signal: stop.signal,
      onEvent: createEventPrinter(flags.has("verbose")),
    });
  } catch (error) {
    if (!(error instanceof VmConfError) || !stop.signal.aborted) throw error;
    printError(error, flags.has("json"));
    return Number(stop.signal.reason);
  }
}

/**
 * Makes a function that prints events on standard error: notes, what plugins
 * print there, their progress on a terminal, and with `verbose` their input and
 * output.
 */
function createEventPrinter(verbose: boolean): (event: ChainEvent) => void {
  const showsProgress = Deno.stderr.isTerminal() && !verbose;
  return (event) => {
    if (event.kind === "note") return printMessage(event.message);
    if (event.kind === "collected") return;
    const title = `${event.network}: ${event.command} ${event.plugin}`;
    if (event.kind === "start") {
      if (showsProgress) replaceLine(`vmconf: ${printable(title)} ...`);
      if (!verbose) return;
      const env = Object.entries(event.env).map((pair) => pair.join("="));
      printMessage(`${title}: environment: ${env.join(" ")}`);
      printMessage(`${title}: stdin: ${event.stdin}`);
      return;
    }
    const { ok, status, stdout, stderr, milliseconds } = event;
    if (showsProgress) replaceLine("");
    if (showsProgress || verbose) {
      const end = ok ? "done" : status;
      printMessage(`${title}: ${end}, ${milliseconds.toFixed(0)} ms`);
    }
    if (verbose) printMessage(`${title}: stdout: ${stdout.trim()}`);
    // The error has what a failed plugin printed.
    if (!ok && !verbose) return;
    for (const line of stderr.split("\n")) {
      if (line.trim() !== "") printMessage(`${title}: stderr: ${line}`);
    }
  };
}

/** Prints a line of a terminal that the next one replaces. */
function replaceLine(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
  } catch {
    // That nobody reads it must not change what is done.
  }
}
