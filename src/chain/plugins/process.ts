/** Runs the process of a plugin, with limits of time and output. */
import { VmConfError } from "../../errors.ts";
import { withInheritedLocks } from "../../linux/lock_file.ts";
import { killChild } from "../../linux/processes.ts";
import type { Libc } from "../../linux/symbols/libc.ts";
import { type Context, interruptedError } from "../context.ts";
import { describeSystemError } from "../system.ts";

export interface PluginProcess {
  /** The executable. */
  readonly path: string;
  /** Variables in addition to the inherited ones. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** How messages begin, such as `plugin type="ptp" failed (add)`. */
  readonly task: string;
}

/** How a process ended. */
export interface ProcessOutcome {
  /** Whether it exited with 0. */
  readonly ok: boolean;
  /** How it ended, in Go's words, such as `exit status 1`. */
  readonly status: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A result of a thousand routes has some 100,000 bytes. */
const LONGEST_OUTPUT = 2 ** 20;
const LONGEST_LOG = 2 ** 16;

/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How long to wait for the end of a killed process. */
const KILL_MS = 5_000;

/**
 * The process has a session and a process group of its own: so it can be killed
 * together with what it started, such as the IPAM plugin.
 */
export async function runPluginProcess(
  context: Context,
  process: PluginProcess,
): Promise<ProcessOutcome> {
  const { timeoutMs, signal } = context;
  const { task } = process;
  const child = await startProcess(context, process);
  let hasEnded = false;
  child.status.then(() => hasEnded = true);
  const stopped = Promise.withResolvers<never>();
  const stop = (error: VmConfError) => {
    killProcess(context, child);
    stopped.reject(error);
  };
  const onAbort = () => stop(interruptedError());
  signal?.addEventListener("abort", onAbort);
  const timer = timeoutMs > LONGEST_TIMER_MS ? undefined : setTimeout(
    () =>
      stop(
        hasEnded
          ? outputLeftOpenError(task, timeoutMs)
          : timeoutError(task, timeoutMs),
      ),
    timeoutMs,
  );
  const stdout = readStream(
    child.stdout,
    LONGEST_OUTPUT,
    () => stop(tooMuchOutputError(task)),
  );
  const stderr = readStream(child.stderr, LONGEST_LOG, () => {});
  try {
    const [, out, log, { success, code, signal: by }] = await Promise.race([
      stopped.promise,
      Promise.all([
        writeStdin(child, process.stdin),
        stdout.text,
        stderr.text,
        child.status,
      ]),
    ]);
    const status = by === null ? `exit status ${code}` : `signal: ${by}`;
    return { ok: success, status, stdout: out, stderr: log };
  } catch (error) {
    // A process that left the group may still have the pipes open.
    await Promise.all([stdout.cancel(), stderr.cancel()]);
    throw await endsInTime(child)
      ? error
      : notEndingError(task, child.pid, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

const MOST_STARTS = 5;
const PAUSE_MS = 200;

async function startProcess(
  { system, locks, signal }: Context,
  { path, env, task }: PluginProcess,
): Promise<Deno.ChildProcess> {
  const spawn = () =>
    system.spawn(path, {
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    });
  for (let starts = 1;; starts++) {
    if (signal?.aborted) throw interruptedError();
    try {
      return locks.length === 0
        ? spawn()
        : withInheritedLocks(system.kernel(task), locks, spawn);
    } catch (cause) {
      if (cause instanceof VmConfError) throw cause;
      const reason = describeSystemError(cause);
      // An update is writing the executable.
      if (!/text file busy/i.test(reason) || starts === MOST_STARTS) {
        throw new VmConfError("plugin-failed", `${task}: ${reason}`, { cause });
      }
      await system.pause(PAUSE_MS);
    }
  }
}

function killProcess({ system }: Context, child: Deno.ChildProcess): void {
  let kernel: Libc;
  try {
    kernel = system.kernel("failed to end a plugin");
  } catch {
    return killWithoutGroup(child);
  }
  killChild(kernel, child.pid);
}

/** Without FFI, what the plugin started cannot be killed. */
function killWithoutGroup(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has already ended.
  }
}

/** A process in an uninterruptible wait of the kernel does not end. */
async function endsInTime(child: Deno.ChildProcess): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), KILL_MS);
  });
  const ended = await Promise.race([child.status.then(() => true), late]);
  clearTimeout(timer);
  if (!ended) child.unref();
  return ended;
}

async function writeStdin(
  child: Deno.ChildProcess,
  text: string,
): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // A plugin that does not read its input closes it early.
  }
}

interface StreamReader {
  readonly text: Promise<string>;
  readonly cancel: () => Promise<void>;
}

/** Reads to the end, but keeps only the beginning. */
function readStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  longest: number,
  onTooLong: () => void,
): StreamReader {
  const reader = stream.getReader();
  const read = async () => {
    const decoder = new TextDecoder();
    let text = "";
    let length = 0;
    while (true) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      const free = longest - length;
      length += value.length;
      if (free > 0) {
        text += decoder.decode(value.subarray(0, free), { stream: true });
      }
      if (length > longest) onTooLong();
    }
  };
  const text = read();
  text.catch(() => {});
  return { text, cancel: () => reader.cancel().catch(() => {}) };
}

function timeoutError(task: string, timeoutMs: number): VmConfError {
  return new VmConfError(
    "plugin-timeout",
    `${task}: expected it to end within ${timeoutMs} ms, but it did not, and was killed`,
    {
      hint:
        "Give it more time with --timeout SECONDS (in code: options.timeoutMs), or see with --verbose what it does.",
    },
  );
}

function outputLeftOpenError(task: string, timeoutMs: number): VmConfError {
  return new VmConfError(
    "plugin-timeout",
    `${task}: it has ended, but a process that it started still has its output open after ${timeoutMs} ms`,
    {
      hint:
        "If a plugin leaves a process running, that process must not keep the plugin's output open.",
    },
  );
}

function tooMuchOutputError(task: string): VmConfError {
  return new VmConfError(
    "plugin-failed",
    `${task}: expected at most ${LONGEST_OUTPUT} bytes of output, found more: it was killed`,
  );
}

function notEndingError(
  task: string,
  pid: number,
  error: unknown,
): VmConfError {
  const code = error instanceof VmConfError ? error.code : "plugin-timeout";
  return new VmConfError(
    code,
    `${task}: process ${pid} was killed and does not end`,
    {
      hint: "It holds the container's lock until it ends.",
      cause: error,
    },
  );
}
