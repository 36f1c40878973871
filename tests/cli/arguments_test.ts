import { assertEquals } from "@std/assert";
import { VmConfError } from "../../mod.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import type { Command } from "../../src/cli/command.ts";
import { formatCompletions } from "../../src/cli/completion_scripts.ts";
import { formatCommandHelp } from "../../src/cli/help.ts";

const COMMAND: Command = {
  name: "test",
  operands: "[FILE]",
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

async function parseFlags(...args: string[]): Promise<Record<string, string>> {
  return Object.fromEntries((await parseArguments(args, COMMAND)).flags);
}

async function catchRefusal(...args: string[]): Promise<string> {
  try {
    await parseArguments(args, COMMAND);
    return "none";
  } catch (error) {
    if (error instanceof VmConfError) return error.message;
    throw error;
  }
}

Deno.test("an alias of a flag is that flag", async () => {
  for (const flag of ["--overwrite", "-w", "--force", "--old"]) {
    assertEquals(await parseFlags(flag), { overwrite: "" }, flag);
  }
  for (const args of [["--id", "a"], ["--container-id", "a"], ["--id=a"]]) {
    assertEquals(await parseFlags(...args), { id: "a" });
  }
});

Deno.test("a value follows a flag after a space or =", async () => {
  for (const flag of ["-o", "--output"]) {
    for (const value of ["DIR", "a=b", "0x10", "true"]) {
      assertEquals(await parseFlags(flag, value), { output: value });
      assertEquals(await parseFlags(`${flag}=${value}`), { output: value });
    }
    assertEquals(await parseFlags(`${flag}=-1`), { output: "-1" });
  }
});

Deno.test("the last setting of a flag without a value wins", async () => {
  const on = { overwrite: "" };
  assertEquals(await parseFlags("--overwrite", "-w", "--overwrite=true"), on);
  assertEquals(await parseFlags("--overwrite=false"), {});
  assertEquals(await parseFlags("-w", "--old=false"), {});
});

Deno.test("operands stay unchanged, and after -- they may look like flags", async () => {
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

Deno.test("there may be as many operands as help shows", async () => {
  const cases: [operands: string, allowed: number[]][] = [
    ["", [0]],
    ["[FILE]", [0, 1]],
    ["one|two", [1]],
    ["NETNS DEVICE", [2]],
    ["NETWORK...", [1, 2, 3]],
    ["[NETWORK...]", [0, 1, 2, 3]],
  ];
  for (const [operands, allowed] of cases) {
    for (const count of [0, 1, 2, 3]) {
      const args = Array.from({ length: count }, () => "x");
      const isAllowed = await parseArguments(args, { ...COMMAND, operands })
        .then(() => true, () => false);
      assertEquals(isAllowed, allowed.includes(count), `${operands} ${count}`);
    }
  }
});

Deno.test("an unknown flag is refused", async () => {
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
    assertEquals(await catchRefusal(...args), `Unknown flag "${flag}"`);
  }
  assertEquals(await catchRefusal("--mtu", "-1"), 'Unknown flag "-1"');
});

Deno.test("a value for a flag without a value is refused", async () => {
  for (const value of ["", "1", "no", "TRUE"]) {
    assertEquals(
      await catchRefusal(`--old=${value}`),
      `--overwrite: expected no value, found "${value}"`,
    );
  }
  for (const arg of ["-w5", "-w-", "-w/x", "-w=true", "-w=false", "-wo5"]) {
    assertEquals(
      await catchRefusal(arg),
      "--overwrite: expected no value",
      arg,
    );
  }
});

Deno.test("two names of one flag count as two values", async () => {
  assertEquals(
    await catchRefusal("--id=a", "--container-id=b"),
    "--id: expected once, found 2 times",
  );
});

Deno.test("a missing value is an error, for each name of the flag", async () => {
  const without = { "--id": "ID", "--mtu": "MTU", "--output": "DIR" };
  for (const [name, value] of Object.entries(without)) {
    for (const args of [[`${name}=`], [name], [name, ""], [name, "--json"]]) {
      assertEquals(
        await catchRefusal(...args),
        `${name}: expected ${value}, found nothing`,
      );
    }
  }
  for (const args of [["--container-id="], ["--container-id"]]) {
    assertEquals(
      await catchRefusal(...args),
      "--id: expected ID, found nothing",
    );
  }
  for (const args of [["-o="], ["-o"], ["-wo"], ["-o", "-w"]]) {
    assertEquals(
      await catchRefusal(...args),
      "--output: expected DIR, found nothing",
    );
  }
});

Deno.test("help shows all names of a flag, completions only the main one", () => {
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
