/**
 * The command `vmconf`: the entry point of `deno run`, of `deno compile`, and
 * of `jsr:@cni/vmconf/cli`.
 *
 * @example Without asking the kernel
 * ```sh
 * deno run --allow-read=result.json jsr:@cni/vmconf/cli convert result.json \
 *   --container-id vm-1 --mtu 1500
 * ```
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { type ErrorCode, quote, VmConfError } from "../errors.ts";
import {
  nearestTo,
  parseArguments,
  splitAtDashes,
  usage,
} from "./arguments.ts";
import { allCommands, COMMAND_NAMES, commandOf } from "./commands.ts";
import { print, printError, toVmConfError } from "./output.ts";
import { isGranted } from "./permissions.ts";

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const EXIT_CODES: Readonly<Partial<Record<ErrorCode, number>>> = {
  "usage": EXIT_USAGE,
  "invalid-option": EXIT_USAGE,
};

/**
 * Runs one command line.
 *
 * @param args The arguments, without the program's name.
 * @returns The exit code: 0 done, 1 the input or the system says no, 2 wrong
 * usage.
 *
 * @example Usage
 * ```ts
 * import { main } from "@cni/vmconf/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await main(["--version"]), 0);
 * ```
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    // Whoever read our output has enough of it, as `head` does.
    if (error instanceof Deno.errors.BrokenPipe) return EXIT_DONE;
    // A bug shows its stack; that an input is too large is no bug.
    const isOurs = error instanceof VmConfError || error instanceof RangeError;
    if (!isOurs) throw error;
    const told = toVmConfError(error);
    printError(told, wantsJson(args));
    return EXIT_CODES[told.code] ?? EXIT_FAILED;
  }
}

/** Asked of the raw arguments, as the error may be that they cannot be read. */
function wantsJson(args: readonly string[]): boolean {
  const [flags] = splitAtDashes(args);
  return flags.includes("--json") || flags.includes("--json=true");
}

async function run([name, ...args]: readonly string[]): Promise<number> {
  switch (name) {
    case undefined:
      if (isCniPlugin()) return (await import("./plugin.ts")).plugin();
      throw usage("Missing command");
    case "-h":
    case "--help":
      print((await import("./help.ts")).programHelp(await allCommands()));
      return EXIT_DONE;
    case "--version":
      print(`vmconf ${config.version}\n`);
      return EXIT_DONE;
  }
  const command = await commandOf(name);
  if (command === undefined) throw await unknownCommand(name);
  const parsed = await parseArguments(args, command);
  if (!parsed.flags.has("help")) return await command.run(parsed);
  print((await import("./help.ts")).commandHelp(command));
  return EXIT_DONE;
}

/** CNI runtimes give no arguments, and say what to do by a variable. */
function isCniPlugin(): boolean {
  const variable = "CNI_COMMAND";
  return isGranted({ name: "env", variable }) && Deno.env.has(variable);
}

async function unknownCommand(name: string): Promise<VmConfError> {
  const isFlag = name.startsWith("-");
  const names = isFlag ? ["--help", "--version"] : COMMAND_NAMES;
  return usage(
    `Unknown ${isFlag ? "flag" : "command"} ${quote(name)}`,
    undefined,
    `Did you mean ${await nearestTo(name, names)}?`,
  );
}

if (import.meta.main) {
  const code = await main(Deno.args);
  // Done, the process ends by itself: `Deno.exit` would leave V8's compiled code
  // uncached for the next start. Otherwise a read may still be waiting.
  if (code !== EXIT_DONE) Deno.exit(code);
}
