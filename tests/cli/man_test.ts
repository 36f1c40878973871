import { assertEquals, assertStringIncludes } from "@std/assert";
import { loadCommands } from "../../src/cli/commands.ts";
import { notInstalled, run, vmconf } from "../child.ts";
import { testUnless } from "../integration/sandbox.ts";

testUnless(
  await notInstalled("groff"),
  "the manual page has every command and flag, and groff prints no warning",
  async () => {
    const page = await run(vmconf([], "man"));
    const { code, stdout, stderr } = await run(
      ["groff", "-man", "-ww", "-Tascii", "-P-cbou"],
      { stdin: page.stdout },
    );
    assertEquals([code, stderr], [0, ""]);
    for (const { name, flags, examples } of await loadCommands()) {
      assertStringIncludes(stdout, `   ${name}`);
      for (const flag of flags) assertStringIncludes(stdout, `--${flag.name}`);
      for (const { line } of examples) assertStringIncludes(stdout, line);
    }
  },
);
