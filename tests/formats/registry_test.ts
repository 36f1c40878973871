import { assertEquals } from "@std/assert";
import { loadFormat } from "../../src/formats/load.ts";
import { OPTIONS } from "../../src/formats/options.ts";
import { FORMAT_NAMES, FORMATS } from "../../src/formats/registry.ts";

Deno.test("every format goes by its own name", () => {
  for (const [name, format] of Object.entries(FORMATS)) {
    assertEquals(format.name, name);
  }
});

Deno.test("a format that is loaded alone is the one of that name", async () => {
  for (const name of FORMAT_NAMES) {
    assertEquals(await loadFormat(name) === FORMATS[name], true, name);
  }
});

Deno.test("the options that help tells of are those of the formats", () => {
  const told: Readonly<Record<string, object>> = OPTIONS;
  for (const name of FORMAT_NAMES) {
    assertEquals(FORMATS[name].options, told[name] ?? {}, name);
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
