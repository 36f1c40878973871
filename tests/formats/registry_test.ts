import { assertEquals } from "@std/assert";
import { FORMATS } from "../../src/formats/registry.ts";

Deno.test("every format goes by its own name", () => {
  for (const [name, format] of Object.entries(FORMATS)) {
    assertEquals(format.name, name);
  }
});

Deno.test("json carries everything", () => {
  const conf = {
    tapName: "tap0",
    netNSPath: "/run/netns/a",
    vmMtu: 1400,
    vmIpConfigs: [{ address: "10.0.0.2/24" }],
    vmRoutes: [{ dst: "0.0.0.0/0", table: 0 }],
    vmNameservers: ["10.0.0.53"],
    vmSearchDomains: ['quo"te'],
    vmResolverOptions: [],
  };
  const { files: [file], lost } = FORMATS.json.render([conf]);
  assertEquals(JSON.parse(file?.text ?? ""), conf);
  assertEquals(lost, []);
});
