/** A plugin's process: started, fed, limited and read to its end. */
import { LONGEST_TEXT } from "../cni/json_text.ts";
import { VmConfError } from "../errors.ts";
import { killGroup } from "../linux/process_group.ts";
import { interrupted } from "./context.ts";

/** A process that is to be run. */
export interface PluginProcess {
  /** The executable. */
  readonly path: string;
  /** Variables beside the inherited ones. */
  readonly env: Readonly<Record<string, string>>;
  /** Its standard input. */
  readonly stdin: string;
  /** What it is, for messages, such as `plugin type="ptp" failed (add)`. */
  readonly task: string;
  /** How long it may take. */
  readonly timeoutMs: number;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** How a process ended. */
export interface Ended {
  /** Whether it exited with 0. */
  readonly ok: boolean;
  /** How it ended, in Go's words, such as `exit status 1`. */
  readonly status: string;
  readonly stdout: string;
  readonly stderr: string;
}

const LONGEST_LOG = 2 ** 16;

/**
 * Runs a process to its end.
 *
 * It leads a session and a process group of its own, so that it can be killed
 * together with all that it started, such as the IPAM plugin.
 *
 * @param process What to run.
 * @returns How it ended.
 * @throws {VmConfError} `plugin-timeout`, `interrupted`; `plugin-failed` if it
 * cannot be started or prints too much. It has been killed then.
 */
export async function runProcess(process: PluginProcess): Promise<Ended> {
  const { task, timeoutMs, signal } = process;
  if (signal?.aborted) throw interrupted();
  const child = await spawn(process);
  const stopped = Promise.withResolvers<never>();
  const stop = (error: VmConfError) => {
    kill(child, task);
    stopped.reject(error);
  };
  const onAbort = () => stop(interrupted());
  signal?.addEventListener("abort", onAbort);
  const timer = setTimeout(() => stop(tookTooLong(task, timeoutMs)), timeoutMs);
  const stdout = collect(
    child.stdout,
    LONGEST_TEXT,
    () => stop(printedTooMuch(task)),
  );
  const stderr = collect(child.stderr, LONGEST_LOG, () => {});
  try {
    const [, out, log, { success, code, signal: by }] = await Promise.race([
      stopped.promise,
      Promise.all([
        feed(child, process.stdin),
        stdout.text,
        stderr.text,
        child.status,
      ]),
    ]);
    const status = by === null ? `exit status ${code}` : `signal: ${by}`;
    return { ok: success, status, stdout: out, stderr: log };
  } catch (error) {
    // Somebody who left the group may have the pipes still.
    await Promise.all([stdout.cancel(), stderr.cancel(), child.status]);
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

const MOST_STARTS = 5;
const PAUSE_MS = 200;

async function spawn(
  { path, env, task }: PluginProcess,
): Promise<Deno.ChildProcess> {
  for (let starts = 1;; starts++) {
    try {
      return new Deno.Command(path, {
        env,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
        detached: true,
      }).spawn();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      // It is being written, by an update of the plugins.
      if (!/text file busy/i.test(reason) || starts === MOST_STARTS) {
        throw new VmConfError("plugin-failed", `${task}: ${reason}`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function kill(child: Deno.ChildProcess, task: string): void {
  try {
    if (killGroup(child.pid, task)) return;
  } catch {
    // Without FFI: the process alone, not what it started.
  }
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

async function feed(child: Deno.ChildProcess, text: string): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // A plugin that does not read its input closes it early.
  }
}

interface Collected {
  readonly text: Promise<string>;
  readonly cancel: () => Promise<void>;
}

/** Reads to the end, and keeps the beginning. */
function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  longest: number,
  onTooLong: () => void,
): Collected {
  const reader = stream.getReader();
  const read = async () => {
    const decoder = new TextDecoder();
    let text = "";
    let length = 0;
    while (true) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      const room = longest - length;
      length += value.length;
      if (room > 0) {
        text += decoder.decode(value.subarray(0, room), { stream: true });
      }
      if (length > longest) onTooLong();
    }
  };
  const text = read();
  text.catch(() => {});
  return { text, cancel: () => reader.cancel().catch(() => {}) };
}

function tookTooLong(task: string, timeoutMs: number): VmConfError {
  return new VmConfError(
    "plugin-timeout",
    `${task}: expected an end within ${timeoutMs} ms, found none: it was killed`,
    {
      hint:
        "Give it more time with --timeout SECONDS (in code: options.timeoutMs), or see with --verbose what it does.",
    },
  );
}

function printedTooMuch(task: string): VmConfError {
  return new VmConfError(
    "plugin-failed",
    `${task}: expected at most ${LONGEST_TEXT} bytes of output, found more: it was killed`,
  );
}
