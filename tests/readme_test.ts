import { assertEquals } from "@std/assert";
import { notInstalled, repositoryPath } from "./child.ts";
import { runExample } from "./cli/example_sandbox.ts";
import { noSandbox, testUnless } from "./integration/sandbox.ts";
import { findTables } from "./readme.ts";

/** The cells alone: `deno fmt` lays them out. */
function cells(table: string): string[][] {
  return table.trim().split("\n").map((row) =>
    row.split("|").map((cell) => cell.trim().replace(/-{2,}/, "-"))
  );
}

Deno.test("the tables of the READMEs are the program's (if not: deno task readme)", async () => {
  for (const { found, expected } of await findTables()) {
    assertEquals(cells(found), cells(expected));
  }
});

/** The blocks of code in a language, in the README of the formats. */
async function listBlocks(language: string): Promise<string[]> {
  const path = repositoryPath("src/formats/README.md");
  const text = await Deno.readTextFile(path);
  const fence = new RegExp("```" + language + "\\n([^]*?)```", "g");
  return [...text.matchAll(fence)].map(([, code = ""]) => code);
}

testUnless(
  noSandbox,
  "the README's pipelines work as they are pasted",
  async () => {
    const scripts = await listBlocks("sh");
    for (const script of scripts) {
      const { code, stderr } = await runExample(script);
      assertEquals(code, 0, stderr);
    }
    const pick = (words: string) =>
      scripts.find((script) => script.includes(words)) ?? "false";
    const seed = await runExample(`${pick("--hostname vm-1")}ls seed`);
    assertEquals(seed.stdout, "meta-data\nnetwork-config\nuser-data\n");
    const { stdout } = await runExample(`${pick("jq --slurp")}cat vm.json`);
    const { "boot-source": source, drives } = JSON.parse(stdout);
    assertEquals([drives, source.kernel_image_path], [[], "vmlinux"]);
    assertEquals(source.boot_args.startsWith("ip=10.0.0.2:"), true);
  },
);

testUnless(
  noSandbox ?? await notInstalled("systemd-analyze"),
  "the README's unit is one, and does what it says",
  async () => {
    const [unit = ""] = await listBlocks("ini");
    const start = unit.match(/^ExecStart=(.*)$/m)?.[1] ?? "";
    const command = start.replace("/usr/local/bin/", "").replaceAll(
      "%i",
      "vm-1",
    );
    const { code, stdout, stderr } = await runExample(`
cat > /run/vmconf@.service <<'END'
${unit.replace("/usr/local/bin/", "/run/bin/")}
END
systemd-analyze verify /run/vmconf@vm-1.service
mkdir -p /run/cni-results
cp result.json /run/cni-results/vm-1.json
${command}
${command}
ls /run/vmconf/vm-1`);
    assertEquals(
      [code, stdout.split("\n")[0]],
      [0, "firecracker.json"],
      stderr,
    );
  },
);
