import { assertEquals } from "@std/assert";
import { isCniName, isInterfaceName } from "../src/names.ts";

Deno.test("a name of an interface is one that the kernel takes", () => {
  for (
    const name of ["eth0", "tap%d", "a@b", "...", "日本語日本", "a".repeat(15)]
  ) {
    assertEquals(isInterfaceName(name), true, name);
  }
  const refused = ["", ".", "..", "a/b", "tap0:1", "a b", "a\tb", "a\0"];
  for (const name of [...refused, "a".repeat(16), "日本語日本語"]) {
    assertEquals(isInterfaceName(name), false, name);
  }
});

Deno.test("names of networks and containers begin with a letter or digit", () => {
  for (const name of ["a", "0", "my-net_1.2", "A".repeat(300)]) {
    assertEquals(isCniName(name), true, name);
  }
  for (const name of ["", ".a", "-a", "_a", "a b", "a/b", "ä", "a\n"]) {
    assertEquals(isCniName(name), false, name);
  }
});
