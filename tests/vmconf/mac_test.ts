import { assertEquals } from "@std/assert";
import { parseMac } from "../../src/vmconf/mac.ts";

Deno.test("the three forms of a MAC become one", () => {
  for (
    const text of [
      "02:00:5E:10:00:0a",
      "02-00-5e-10-00-0A",
      "0200.5e10.000A",
    ]
  ) assertEquals(parseMac(text), "02:00:5e:10:00:0a");
});

Deno.test("a text that is not six bytes is no MAC", () => {
  for (
    const text of [
      "",
      "02:00:5e:10:00",
      "02:00:5e:10:00:0a:0b:0c",
      "02:00:5e:10:00:0g",
      "02:00-5e:10:00:0a",
      "02005e10000a",
      " 02:00:5e:10:00:0a",
      "02:00:5e:10:00:0a\n",
    ]
  ) assertEquals(parseMac(text), undefined, text);
});
