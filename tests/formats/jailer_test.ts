/** There is no binary of the jailer in Debian: a shell reads its arguments here. */
import { assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import * as jailer from "../../src/formats/jailer.ts";
import { run } from "../child.ts";
import { CASES, FULL } from "./cases.ts";
import { makeHostileConfs } from "./hostile.ts";

Deno.test("the jailer gets the namespace once, for all taps", () => {
  const { files, lost } = jailer.render(CASES.twoNics);
  assertEquals(files.map(({ name, text }) => [name, text]), [
    ["jailer.args", "--netns /run/netns/a\n"],
    ["jailer.args.json", '[\n  "--netns",\n  "/run/netns/a"\n]\n'],
  ]);
  assertEquals(lost, []);
});

Deno.test("a relative path, which might be a flag, is refused", () => {
  for (const netNSPath of ["", "a", "--daemonize"]) {
    const error = assertThrows(
      () => jailer.render([{ ...FULL, netNSPath }]),
      VmConfError,
    );
    assertEquals([error.code, error.path], ["invalid-conf", "conf.netNSPath"]);
  }
});

Deno.test("a path that would turn the words around it is refused", () => {
  for (const control of ["\u202e", "\u2066", "\u200f", "\u061c", "\u2028"]) {
    const netNSPath = `/run/netns/${control}a`;
    const { path } = assertThrows(
      () => jailer.render([{ ...FULL, netNSPath }]),
      VmConfError,
    );
    assertEquals(path, "conf.netNSPath");
  }
});

Deno.test("a hostile path is refused, or reaches a program as it is", async () => {
  const paths: string[] = [];
  const words: string[] = [];
  for (const { field, value, conf } of makeHostileConfs()) {
    if (field !== "netNSPath") continue;
    try {
      words.push(jailer.render([conf]).files[0]?.text.trimEnd() ?? "");
      paths.push(value);
    } catch (error) {
      assertEquals(
        error instanceof VmConfError && error.path,
        "conf.netNSPath",
      );
    }
  }
  const script = `printf '%s\\0' ${words.join(" ")}`;
  const { stdout } = await run(["sh", "-c", script]);
  const found = stdout.split("\0").slice(0, -1);
  assertEquals(found.filter((_, index) => index % 2 === 1), paths);
  assertEquals(paths.length > 30, true);
});
