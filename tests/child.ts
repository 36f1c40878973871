/** Child processes: the product's own command, Deno, and others. */
import { denoCommand } from "../.ci/deno.ts";

/** What a command left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command is given. */
export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Record<string, string>;
  /** Where standard error goes; unset: into the outcome. */
  readonly stderr?: "piped" | "inherit";
}

/** Runs a command to its end. */
export async function run(
  [program = "", ...args]: readonly string[],
  { stdin = "", env = {}, stderr: errors = "piped" }: RunOptions = {},
): Promise<Outcome> {
  const child = new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: errors,
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  const bytes = typeof stdin === "string"
    ? new TextEncoder().encode(stdin)
    : stdin;
  // A command that does not read its input closes it early.
  await writer.write(bytes).catch(() => {});
  await writer.close().catch(() => {});
  const finished = await output;
  const decoder = new TextDecoder();
  return {
    code: finished.code,
    stdout: decoder.decode(finished.stdout),
    stderr: errors === "piped" ? decoder.decode(finished.stderr) : "",
  };
}

/** Why a program cannot be run, if it is not installed. */
export async function notInstalled(
  program: string,
): Promise<string | undefined> {
  const { code } = await run(["sh", "-c", `command -v ${program}`]);
  return code === 0 ? undefined : `${program} is not installed`;
}

/** The path of a file of this repository. */
export function repositoryPath(path: string): string {
  return decodeURIComponent(new URL(`../${path}`, import.meta.url).pathname);
}

/** The command line of `deno info`. */
export function denoInfo(...args: string[]): string[] {
  return denoCommand("info", ...args);
}

/** The command line that runs a module with some permissions, never prompting. */
export function denoRun(
  permissions: readonly string[],
  module: string,
  ...args: string[]
): string[] {
  return denoCommand(
    "run",
    "--quiet",
    "--no-prompt",
    "--no-check",
    ...permissions,
    repositoryPath(module),
    ...args,
  );
}

/** The binary to test in place of the source, if one is to be. */
const binary = Deno.env.get("VMCONF_BINARY");

/** Why permissions cannot be chosen here, if they cannot. */
export const fixedPermissions = binary === undefined
  ? undefined
  : "a binary has its permissions built in";

/** The command line of `vmconf` with some permissions. */
export function vmconf(
  permissions: readonly string[],
  ...args: string[]
): string[] {
  if (binary !== undefined) return [Deno.realPathSync(binary), ...args];
  return denoRun(permissions, "src/cli/main.ts", ...args);
}
