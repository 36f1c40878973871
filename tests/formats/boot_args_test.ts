import { assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import { findLineLosses, mergeBootArgs } from "../../src/formats/boot_args.ts";

const IP = "ip=10.0.0.2:::255.255.255.0::eth0:off";

Deno.test("the parameter goes to the end, before what is for init", () => {
  const cases = [
    ["", IP],
    ["console=ttyS0 quiet", `console=ttyS0 quiet ${IP}`],
    ["quiet -- single", `quiet ${IP} -- single`],
    ["-- ip=for-init", `${IP} -- ip=for-init`],
    ["quiet --x", `quiet --x ${IP}`],
  ] as const;
  for (const [line, merged] of cases) {
    assertEquals(mergeBootArgs(line, [IP]), merged);
  }
});

Deno.test("quotes keep their spaces, and a -- in them", () => {
  const line = 'dyndbg="file a.c +p -- ip=x" root="/dev/my disk"';
  assertEquals(mergeBootArgs(line, [IP]), `${line} ${IP}`);
});

Deno.test("a parameter that is there already, by any of its names, is refused", () => {
  for (const word of ["ip=dhcp", '"ip=dhcp"', "ip", "nfsaddrs=10.0.0.9"]) {
    const { code, path } = assertThrows(
      () => mergeBootArgs(`quiet ${word} ro`, [IP]),
      VmConfError,
      `found "${word.replaceAll('"', '\\"')}"`,
    );
    assertEquals([code, path], ["invalid-option", "options.bootArgs"]);
  }
});

Deno.test("a parameter that is there already is not added again, except ip=", () => {
  const line = "rd.neednet=1 quiet";
  assertEquals(mergeBootArgs(line, ["rd.neednet=1", IP]), `${line} ${IP}`);
  assertThrows(
    () => mergeBootArgs("rd.neednet=0", ["rd.neednet=1"]),
    VmConfError,
  );
  assertThrows(() => mergeBootArgs(IP, [IP]), VmConfError);
});

Deno.test("parameters with similar names are ignored", () => {
  const line = "ip6=x zip=1 ipv6.disable=1";
  assertEquals(mergeBootArgs(line, [IP]), `${line} ${IP}`);
});

Deno.test("a line that could swallow the parameter is refused", () => {
  for (const line of ['a="b', "a\nb", "a\0", 'a="b" c"']) {
    assertThrows(() => mergeBootArgs(line, [IP]), VmConfError);
  }
});

Deno.test("a line that the kernel would cut is a loss", () => {
  assertEquals(findLineLosses("x".repeat(2047)), []);
  const [loss] = findLineLosses("é".repeat(1024));
  assertEquals([loss?.field, loss?.value], ["options.bootArgs", 2048]);
});
