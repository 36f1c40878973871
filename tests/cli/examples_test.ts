/** Every example of `--help`, run as if it were pasted. */
import { assertEquals } from "@std/assert";
import { loadCommands } from "../../src/cli/commands.ts";
import { noSandbox, testUnless } from "../integration/sandbox.ts";
import { runExample } from "./example_sandbox.ts";

for (const { name, examples } of await loadCommands()) {
  for (const { summary, line } of examples) {
    testUnless(noSandbox, `vmconf ${name}: ${summary}`, async () => {
      const { code, stdout, stderr } = await runExample(line);
      assertEquals(code, 0, `${line}\n${stderr}`);
      const isSilent = /^(eval|vmconf check|vmconf del(?!.*--dry-run)) /.test(
        line,
      );
      assertEquals(stdout === "", isSilent, line);
    });
  }
}
