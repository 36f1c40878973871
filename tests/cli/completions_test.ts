/** The completion scripts, tried in the real shells. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { notInstalled, run, vmconf } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";

async function printScript(shell: string): Promise<string> {
  const { code, stdout, stderr } = await run(
    vmconf([], "completions", shell),
  );
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

/** What bash offers to complete the last word. */
async function completeInBash(...words: string[]): Promise<string[]> {
  const ask = `
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_vmconf
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const script = await printScript("bash");
  const { stdout } = await run(
    ["bash", "-c", script + ask, "bash", "vmconf", ...words],
  );
  return stdout.split("\n").filter((line) => line !== "");
}

testUnless(
  await notInstalled("bash"),
  "bash completes commands, flags and listed values",
  async () => {
    assertEquals(await completeInBash("conv"), ["convert"]);
    assertEquals(await completeInBash("convert", "--str"), ["--strict"]);
    assertEquals(await completeInBash("convert", "--mtu", "k"), ["kernel"]);
    assertEquals(await completeInBash("convert", "--format", "js"), ["json"]);
    const shells = ["bash", "zsh", "fish"];
    assertEquals(await completeInBash("completions", ""), shells);
    assertEquals(await completeInBash("schema", "re"), ["result"]);
    assertEquals(await completeInBash("convert", "res"), []);
  },
);

testUnless(
  await notInstalled("bash"),
  "bash offers the values that a flag has for this command",
  async () => {
    const views = ["text", "json", "mermaid", "svg"];
    assertEquals(await completeInBash("inspect", "--format", ""), views);
    assertEquals(await completeInBash("inspect", "--format", "ip"), []);
    assertEquals(await completeInBash("add", "--format", "res"), [
      "resolv.conf",
      "result",
    ]);
    assertEquals(await completeInBash("convert", "--format", "res"), [
      "resolv.conf",
    ]);
  },
);

testUnless(
  await notInstalled("fish"),
  "fish completes commands, flags and listed values",
  async () => {
    const script = await printScript("fish");
    const offers = async (line: string) => {
      const { stdout, stderr } = await run(
        ["fish", "--no-config", "-c", `${script}\ncomplete -C ${line}`],
      );
      assertEquals(stderr, "");
      return stdout.split("\n").map((line) => line.split("\t")[0] ?? "")
        .filter((word) => word !== "");
    };
    assertEquals(await offers("'vmconf conv'"), ["convert"]);
    assertEquals(
      await offers("'vmconf convert --str'"),
      ["--strict"],
    );
    assertEquals(await offers("'vmconf convert --mtu '"), [
      "kernel",
      "result",
    ]);
  },
);

testUnless(
  await notInstalled("zsh"),
  "zsh completes commands, flags and listed values",
  async () => {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, await printScript("zsh"));
    const afterTab = async (line: string) => {
      const { stdout } = await run([
        "python3",
        "-c",
        ZSH_AT_A_TERMINAL,
        file,
        line,
      ]);
      return stdout;
    };
    assertStringIncludes(await afterTab("vmconf conv"), "vmconf convert ");
    assertStringIncludes(
      await afterTab("vmconf convert --str"),
      "vmconf convert --strict ",
    );
    assertStringIncludes(
      await afterTab("vmconf convert --mtu ker"),
      "vmconf convert --mtu kernel",
    );
    await Deno.remove(file);
  },
);

/** Shows what zsh prints after a Tab; it completes only on a terminal. */
const ZSH_AT_A_TERMINAL = `
import os, pty, select, sys
script, line = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "dumb"
    os.execvp("zsh", ["zsh", "-f", "-i"])
def read_until(text, seconds):
    shown = ""
    while text not in shown:
        if not select.select([terminal], [], [], seconds)[0]:
            break
        shown += os.read(terminal, 4096).decode()
    return shown
os.write(terminal, f"PS1=; autoload -U compinit; compinit -u -D; source {script}; echo rea''dy\\n".encode())
read_until("ready", 10)
os.write(terminal, f"{line}\\t".encode())
print(read_until("no such text", 1))
os.close(terminal)
`;
