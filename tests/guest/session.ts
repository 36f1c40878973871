/**
 * Runs a guest in the namespace of its taps: QEMU, until the guest has told what
 * it has, then each ping, then QEMU's end. Reads a Session from standard input
 * and prints an Outcome.
 */

/** What is to be run. */
export interface Session {
  /** QEMU's command line. */
  readonly qemu: readonly string[];
  /** Commands that are to run while the guest is up. */
  readonly probes: readonly (readonly string[])[];
  readonly timeoutMs: number;
}

/** What came of it. */
export interface SessionOutcome {
  /** All that stood on the guest's console. */
  readonly console: string;
  /** From QEMU's start until the guest had told. */
  readonly bootMs: number;
  /** What QEMU itself had to say. */
  readonly stderr: string;
  /** What each probe printed, and its exit code. */
  readonly probes: readonly { readonly code: number; readonly text: string }[];
}

const LAST_LINE = /^== end\r?$/m;

async function runSession(
  { qemu: [program = "", ...args], probes, timeoutMs }: Session,
): Promise<SessionOutcome> {
  const start = performance.now();
  const guest = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => guest.kill("SIGKILL"), timeoutMs);
  const stderr = new Response(guest.stderr).text();
  let text = "";
  let told: { bootMs: number; probes: SessionOutcome["probes"] } | undefined;
  for await (
    const part of guest.stdout.pipeThrough(new TextDecoderStream())
  ) {
    text += part;
    if (told !== undefined || !LAST_LINE.test(text)) continue;
    const bootMs = performance.now() - start;
    told = { bootMs, probes: probes.map(runProbe) };
    guest.kill("SIGKILL");
  }
  await guest.status;
  clearTimeout(timer);
  const { bootMs, probes: answers } = told ??
    { bootMs: performance.now() - start, probes: [] };
  return { console: text, bootMs, stderr: await stderr, probes: answers };
}

function runProbe([program = "", ...args]: readonly string[]) {
  const { code, stdout, stderr } = new Deno.Command(program, { args })
    .outputSync();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

const session: Session = JSON.parse(
  await new Response(Deno.stdin.readable).text(),
);
console.log(JSON.stringify(await runSession(session)));
