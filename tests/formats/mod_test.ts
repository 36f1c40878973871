import { assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import { DIALECTS } from "../../src/formats/dracut_dialects.ts";
import * as json from "../../src/formats/json.ts";
import * as qemu from "../../src/formats/qemu.ts";
import { FORMATS, loadFormat } from "../../src/formats/mod.ts";
import { CASES } from "./cases.ts";

Deno.test("a format is loaded by its name", async () => {
  const { files } = (await loadFormat("ip-batch")).render(CASES.plain);
  assertEquals(files.map(({ name }) => name), ["ip.batch"]);
});

Deno.test("help shows just the values that an option can have", () => {
  assertEquals(
    FORMATS.dracut.options.dialect.value,
    Object.keys(DIALECTS).join("|"),
  );
  for (
    const qemuDevice of FORMATS.qemu.options.qemuDevice.value.split("|")
  ) {
    const { files: [file] } = qemu.render(CASES.plain, { qemuDevice });
    assertEquals(file?.text.includes(`-device ${qemuDevice},`), true);
  }
  assertThrows(
    () => qemu.render(CASES.plain, { qemuDevice: "e1000" }),
    VmConfError,
  );
});

Deno.test("json supports everything", () => {
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
  const { files: [file], lost } = json.render([conf]);
  assertEquals(JSON.parse(file?.text ?? ""), conf);
  assertEquals(lost, []);
});
