/**
 * The command `vmconf`: the entry point of `deno run`, `deno compile` and
 * `jsr:@cni/vmconf/cli`.
 *
 * @example Without querying the kernel
 * ```sh
 * deno run --allow-read=result.json jsr:@cni/vmconf/cli convert result.json \
 *   --id vm-1 --mtu 1500
 * ```
 *
 * @module
 */
import * as parseArgsModule from "@std/cli/parse-args";
import config from "../../deno.json" with { type: "json" };
import { type ErrorCode, quote, VmConfError } from "../errors.ts";
import { parseArguments, splitAtDashes, suggest, usage } from "./arguments.ts";
import { COMMAND_NAMES, loadCommand, loadCommands } from "./commands.ts";
import { EXIT_DONE, EXIT_FAILED, EXIT_USAGE } from "./exit_codes.ts";
import { print, printError, toVmConfError } from "./output.ts";
import { isGranted } from "./permissions.ts";

const EXIT_CODES: Readonly<Partial<Record<ErrorCode, number>>> = {
  "usage": EXIT_USAGE,
  "invalid-option": EXIT_USAGE,
};

/**
 * Runs one command line.
 *
 * @param args The arguments, without the program's name.
 * @returns The exit code: 0 for done, 1 for an error in the input or from the
 * system, 2 for a wrong command line.
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
    // The program that reads the output has enough, as `head` has.
    if (error instanceof Deno.errors.BrokenPipe) return EXIT_DONE;
    // A bug shows its stack. A RangeError is no bug: the input is too large.
    const isKnown = error instanceof VmConfError || error instanceof RangeError;
    if (!isKnown) throw error;
    const known = addHelpHint(toVmConfError(error), args);
    printError(known, wantsJson(args));
    return EXIT_CODES[known.code] ?? EXIT_FAILED;
  }
}

/** Adds to an error about the command line where its help is. */
function addHelpHint(
  error: VmConfError,
  [name = ""]: readonly string[],
): VmConfError {
  const { code, message, path, hint, cause } = error;
  if (code !== "usage") return error;
  const command = COMMAND_NAMES.includes(name) ? `vmconf ${name}` : "vmconf";
  const help = `See \`${command} --help\`.`;
  return new VmConfError(code, message, {
    path,
    hint: hint === undefined ? help : `${hint} ${help}`,
    cause,
  });
}

/** Reads the raw arguments: the error may be that they cannot be parsed. */
function wantsJson(args: readonly string[]): boolean {
  const [flags] = splitAtDashes(args);
  return flags.includes("--json") || flags.includes("--json=true");
}

async function run([name, ...args]: readonly string[]): Promise<number> {
  switch (name) {
    case undefined:
      if (isCniPlugin()) return (await import("./plugin.ts")).runAsPlugin();
      throw usage("Missing command");
    case "-h":
    case "--help":
      print((await import("./help.ts")).formatHelp(await loadCommands()));
      return EXIT_DONE;
    case "--version":
      print(`vmconf ${config.version}${noteStandIns()}\n`);
      return EXIT_DONE;
  }
  const command = await loadCommand(name);
  if (command === undefined) throw await unknownCommand(name);
  const parsed = await parseArguments(args, command);
  if (!parsed.flags.has("help")) return await command.run(parsed, loadCommands);
  print((await import("./help.ts")).formatCommandHelp(command));
  return EXIT_DONE;
}

/** Only a stand-in of tests/offline exports this mark. */
function noteStandIns(): string {
  if (!("isStandIn" in parseArgsModule)) return "";
  return " (with stand-ins for @std/cli: not for release)";
}

/** A CNI runtime gives no arguments: a variable names the CNI command. */
function isCniPlugin(): boolean {
  const variable = "CNI_COMMAND";
  return isGranted({ name: "env", variable }) && Deno.env.has(variable);
}

async function unknownCommand(name: string): Promise<VmConfError> {
  const isFlag = name.startsWith("-");
  return usage(
    `Unknown ${isFlag ? "flag" : "command"} ${quote(name)}`,
    await suggest(name, isFlag ? ["--help", "--version"] : COMMAND_NAMES),
  );
}

if (import.meta.main) {
  const code = await main(Deno.args);
  // After EXIT_DONE the process ends by itself: with `Deno.exit`, V8 would not
  // cache its compiled code for the next start. Otherwise a read may be pending.
  if (code !== EXIT_DONE) Deno.exit(code);
}
