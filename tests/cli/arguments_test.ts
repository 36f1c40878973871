import { assertEquals } from "@std/assert";
import { VmConfError } from "../../mod.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import type { Command } from "../../src/cli/command.ts";
import { formatCompletions } from "../../src/cli/completion_scripts.ts";
import { formatCommandHelp } from "../../src/cli/help.ts";

const COMMAND: Command = {
  name: "test",
  operands: "[FILE]",
  operandCount: [0, 1],
  summary: "",
  description: "",
  flags: [
    { name: "overwrite", short: "w", aliases: ["force", "old"], summary: "" },
    { name: "id", value: "ID", aliases: ["container-id"], summary: "" },
    { name: "mtu", value: "MTU", summary: "" },
    { name: "output", short: "o", value: "DIR", summary: "" },
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

Deno.test("a value follows a flag after a space or =", async () => {
  for (const flag of ["-o", "--output"]) {
    for (const value of ["DIR", "a=b", "0x10", "true"]) {
      assertEquals(await flagsOf(flag, value), { output: value });
      assertEquals(await flagsOf(`${flag}=${value}`), { output: value });
    }
    assertEquals(await flagsOf(`${flag}=-1`), { output: "-1" });
  }
});

Deno.test("the last word on a flag without a value counts", async () => {
  const on = { overwrite: "" };
  assertEquals(await flagsOf("--overwrite", "-w", "--overwrite=true"), on);
  assertEquals(await flagsOf("--overwrite=false"), {});
  assertEquals(await flagsOf("-w", "--old=false"), {});
});

Deno.test("operands are kept as they are, after -- those that look like flags", async () => {
  for (const operand of ["-", "a=b", "0x10", "1e3", "007", "é", "true"]) {
    const { operands } = await parseArguments([operand, "-w"], COMMAND);
    assertEquals(operands, [operand]);
  }
  for (const operand of ["--", "-1", "--id", "--overwrite=1", "1e3"]) {
    const { flags, operands } = await parseArguments(
      ["-w", "--", operand],
      COMMAND,
    );
    assertEquals([[...flags.keys()], operands], [["overwrite"], [operand]]);
  }
});

Deno.test("a flag that help does not show is refused", async () => {
  const unknown = [
    ["--no-overwrite"],
    ["--no-overwrite=1"],
    ["--no-id=a"],
    ["--OVERWRITE"],
    ["--overwrite.x"],
    ["---id=a"],
    ["-x=1"],
    ["-1"],
    ["-wx"],
    ["-oDIR"],
    ["-oa=b"],
    ["--_"],
    ["--_=a"],
    ["-_", "a"],
    ["--__proto__=1"],
    ["--constructor"],
    ["--="],
    ["-="],
  ];
  for (const args of unknown) {
    const [flag = ""] = args[0]?.match(/^-+[^=]*/) ?? [];
    assertEquals(await refusalOf(...args), `Unknown flag "${flag}"`);
  }
  assertEquals(await refusalOf("--mtu", "-1"), 'Unknown flag "-1"');
});

Deno.test("a value for a flag that has none is refused", async () => {
  for (const value of ["", "1", "no", "TRUE"]) {
    assertEquals(
      await refusalOf(`--old=${value}`),
      `--overwrite: expected no value, found "${value}"`,
    );
  }
  for (const arg of ["-w5", "-w-", "-w/x", "-w=true", "-w=false", "-wo5"]) {
    assertEquals(await refusalOf(arg), "--overwrite: expected no value", arg);
  }
});

Deno.test("two names of one flag are the flag twice", async () => {
  assertEquals(
    await refusalOf("--id=a", "--container-id=b"),
    "--id: expected once, found 2 times",
  );
});

Deno.test("a flag without its value lacks the value, by any of its names", async () => {
  const without = { "--id": "ID", "--mtu": "MTU", "--output": "DIR" };
  for (const [name, value] of Object.entries(without)) {
    for (const args of [[`${name}=`], [name], [name, ""], [name, "--json"]]) {
      assertEquals(
        await refusalOf(...args),
        `${name}: expected ${value}, found nothing`,
      );
    }
  }
  for (const args of [["--container-id="], ["--container-id"]]) {
    assertEquals(await refusalOf(...args), "--id: expected ID, found nothing");
  }
  for (const args of [["-o="], ["-o"], ["-wo"], ["-o", "-w"]]) {
    assertEquals(
      await refusalOf(...args),
      "--output: expected DIR, found nothing",
    );
  }
});

Deno.test("help shows all names, completions offer the main one", () => {
  const help = formatCommandHelp(COMMAND);
  for (
    const shown of [
      "-w, --overwrite, --force, --old",
      "--id, --container-id ID",
    ]
  ) {
    assertEquals(help.includes(shown), true, shown);
  }
  for (const shell of ["bash", "zsh", "fish"] as const) {
    const script = formatCompletions(shell, [COMMAND]);
    assertEquals(/overwrite/.test(script), true, shell);
    assertEquals(/force|container-id/.test(script), false, shell);
  }
});
