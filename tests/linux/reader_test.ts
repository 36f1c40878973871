import { assertEquals } from "@std/assert";
import { denoRun } from "../child.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";

testUnless(
  noSandbox,
  "a reader notices what changes, keeps no more sockets than it may, and closes them all",
  async () => {
    const { code, stdout, stderr } = await inSandbox(
      "",
      denoRun(["-A"], "tests/linux/reader_probe.ts"),
    );
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout), [
      "invalid-netns",
      1401,
      1401,
      1402,
      "no-device",
      "invalid-netns",
      1403,
      1500,
      1501,
      1502,
      1403,
      "2 sockets",
      "0 sockets",
    ]);
  },
);
