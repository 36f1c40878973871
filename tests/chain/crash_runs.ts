/**
 * Kills `vmconf add` at random moments, and looks at what the next `del`, or the
 * next `add` and `del`, leave. To be run in a place of `place.ts`:
 * crash_runs.ts KILLS SEED COMMAND...
 */
import { DIRS } from "./place.ts";

/** What came of it. */
export interface Crashes {
  readonly kills: number;
  /** After how many kills something was there that had to be deleted. */
  readonly harmful: number;
  /** What was left after the next command, for each time that it was. */
  readonly left: readonly string[];
}

/** A small generator of numbers from 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const ADD = ["add", "full", "--id=vm-1", "--format=result"];
const PORTS =
  '--capability-args={"portMappings":[{"hostPort":8081,"containerPort":80,"protocol":"tcp"}]}';

function start(command: readonly string[], args: readonly string[]) {
  const [program = "", ...words] = command;
  return new Deno.Command(program, {
    args: [...words, ...args, ...DIRS],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

async function finish(
  command: readonly string[],
  args: readonly string[],
): Promise<void> {
  const { success, stderr } = await start(command, args).output();
  if (success) return;
  throw new Error(`${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

async function state(): Promise<string> {
  const { stdout } = await new Deno.Command("/run/state").output();
  return new TextDecoder().decode(stdout);
}

async function crash(
  kills: number,
  seed: number,
  command: readonly string[],
): Promise<Crashes> {
  const next = random(seed);
  const before = await state();
  const began = performance.now();
  await finish(command, [...ADD, PORTS]);
  const duration = performance.now() - began;
  await finish(command, ["del", "--id=vm-1"]);

  let harmful = 0;
  const left: string[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const child = start(command, [...ADD, PORTS]);
    const moment = next() * duration * 1.1;
    await new Promise((resolve) => setTimeout(resolve, moment));
    try {
      child.kill("SIGKILL");
    } catch {
      // It was faster.
    }
    await child.status;
    await child.stderr.cancel();
    if (await state() !== before) harmful++;
    // Killed after its end, it left what is complete: gc would keep that.
    if (next() < 0.5) await finish(command, [...ADD, PORTS, "--replace"]);
    await finish(command, ["del", "--id=vm-1"]);
    const after = await state();
    if (after !== before) left.push(`kill ${kill}, ${moment} ms: ${after}`);
  }
  return { kills, harmful, left };
}

if (import.meta.main) {
  const [kills, seed, ...command] = Deno.args;
  const result = await crash(Number(kills), Number(seed), command);
  console.log(JSON.stringify(result));
}
