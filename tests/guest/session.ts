/**
 * Runs a guest in the sandbox of its taps: QEMU, until the guest has told what
 * it has, then the probes, then QEMU's end. Reads a Session from standard input
 * and prints a SessionOutcome.
 */

type Command = readonly string[];

/** What is to be run. */
export interface Session {
  readonly qemu: Command;
  /** Commands that are to run while the guest is up, by names. */
  readonly probes: Readonly<Record<string, Command>>;
  readonly timeoutMs: number;
}

/** What came of it. */
export interface SessionOutcome {
  /** All that stood on the guest's console. */
  readonly console: string;
  /** What QEMU itself had to say. */
  readonly stderr: string;
  /** Of each probe: `answered`, or what a failed one printed. */
  readonly answers: Readonly<Record<string, string>>;
}

const LAST_LINE = /^== end\r?\n/m;

/** Runs a guest until it has told what it has and the probes are done. */
export async function runSession(
  { qemu: [program = "", ...args], probes, timeoutMs }: Session,
): Promise<SessionOutcome> {
  const guest = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => guest.kill("SIGKILL"), timeoutMs);
  const stderr = new Response(guest.stderr).text();
  let console = "";
  let answers: SessionOutcome["answers"] = {};
  for await (const part of guest.stdout.pipeThrough(new TextDecoderStream())) {
    console += part;
    if (!LAST_LINE.test(console)) continue;
    const asked = Object.entries(probes).map(async (
      [name, probe],
    ): Promise<[string, string]> => [name, await answerOf(probe)]);
    answers = Object.fromEntries(await Promise.all(asked));
    guest.kill("SIGKILL");
    break;
  }
  await guest.status;
  clearTimeout(timer);
  return { console, stderr: await stderr, answers };
}

async function answerOf([program = "", ...args]: Command): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args })
    .output();
  const decoder = new TextDecoder();
  return success ? "answered" : decoder.decode(stdout) + decoder.decode(stderr);
}

if (import.meta.main) {
  const session: Session = await new Response(Deno.stdin.readable).json();
  console.log(JSON.stringify(await runSession(session)));
}
