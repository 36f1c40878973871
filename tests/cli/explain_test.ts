import { assertEquals, assertStringIncludes } from "@std/assert";
import { run, vmconf } from "../child.ts";

Deno.test("explain names the fields, and says who takes them otherwise", async () => {
  const { code, stdout, stderr } = await run(
    vmconf([], "explain", "ip=10.0.0.2::10.0.0.1:255.255.255.255::eth0:off"),
  );
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "\n  netmask    255.255.255.255  the mask of");
  assertStringIncludes(
    stdout,
    "\n  kernel          it takes the mask for unset",
  );
  assertStringIncludes(stdout, "\n  systemd         takes it as it is meant");
});

Deno.test("what nobody takes as it is meant exits with 1", async () => {
  const { code, stdout } = await run(
    vmconf([], "explain", "--json", "ip=nowhere:::255.255.255.0"),
  );
  assertEquals(code, 1);
  const [{ readers }] = JSON.parse(stdout);
  assertEquals(readers.dracut, [
    "client-ip is no address: the guest gets none",
  ]);
});

Deno.test("control characters of a parameter never reach the terminal", async () => {
  const { stdout } = await run(vmconf([], "explain", "ip=\x1b[2J::x"));
  assertEquals(stdout.includes("\x1b"), false);
});
