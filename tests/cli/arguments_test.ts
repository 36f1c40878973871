import { assertEquals } from "@std/assert";
import { VmConfError } from "../../mod.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import type { Command } from "../../src/cli/command.ts";
import { completionsFor } from "../../src/cli/completion_scripts.ts";
import { commandHelp } from "../../src/cli/help.ts";

const COMMAND: Command = {
  name: "test",
  operands: "[FILE]",
  operandCount: [0, 1],
  summary: "",
  description: "",
  flags: [
    { name: "overwrite", short: "w", aliases: ["force", "old"], summary: "" },
    { name: "id", value: "ID", aliases: ["container-id"], summary: "" },
  ],
  examples: [],
  run: () => 0,
};

async function flagsOf(...args: string[]): Promise<Record<string, string>> {
  return Object.fromEntries((await parseArguments(args, COMMAND)).flags);
}

async function refusalOf(...args: string[]): Promise<string> {
  try {
    await parseArguments(args, COMMAND);
    return "none";
  } catch (error) {
    if (error instanceof VmConfError) return error.message;
    throw error;
  }
}

Deno.test("a flag by another of its names is that flag", async () => {
  for (const flag of ["--overwrite", "-w", "--force", "--old"]) {
    assertEquals(await flagsOf(flag), { overwrite: "" }, flag);
  }
  for (const args of [["--id", "a"], ["--container-id", "a"], ["--id=a"]]) {
    assertEquals(await flagsOf(...args), { id: "a" });
  }
});

Deno.test("two names of one flag are the flag twice", async () => {
  assertEquals(
    await refusalOf("--id=a", "--container-id=b"),
    "--id: expected once, found 2 times",
  );
});

Deno.test("another name without its value lacks the value", async () => {
  for (const args of [["--container-id="], ["--container-id"]]) {
    assertEquals(await refusalOf(...args), "--id: expected ID, found nothing");
  }
});

Deno.test("help shows all names, completions offer the main one", () => {
  const help = commandHelp(COMMAND);
  for (
    const shown of [
      "-w, --overwrite, --force, --old",
      "--id, --container-id ID",
    ]
  ) {
    assertEquals(help.includes(shown), true, shown);
  }
  for (const shell of ["bash", "zsh", "fish"] as const) {
    const script = completionsFor(shell, [COMMAND]);
    assertEquals(/overwrite/.test(script), true, shell);
    assertEquals(/force|container-id/.test(script), false, shell);
  }
});
