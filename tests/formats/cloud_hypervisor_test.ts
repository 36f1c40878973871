/**
 * There is no binary of Cloud Hypervisor in Debian: its JSON is compared with a schema
 * made after its API description, its arguments are read by its parser's rules.
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "../fast_check.ts";
import { VmConfError } from "../../src/errors.ts";
import * as cloudHypervisor from "../../src/formats/cloud_hypervisor.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { run } from "../child.ts";
import { CASES, FULL } from "./cases.ts";
import { makeHostileConfs } from "./hostile.ts";
import { assertFits, CLOUD_HYPERVISOR } from "./schemas.ts";
import { validConfs } from "./valid_confs.ts";

function render(confs: readonly StaticNetworkConf[]) {
  const { files: [line, list, json], lost } = cloudHypervisor.render(confs);
  assert(line && list && json);
  return {
    line: line.text,
    args: JSON.parse(list.text) as string[],
    json: JSON.parse(json.text),
    lost,
  };
}

/**
 * What `OptionParser` makes of a `--net` argument: a comma ends an option,
 * unless quotes are open; an option has a name, `=`, and a value.
 */
function parseFiles(argument: string): Record<string, unknown> {
  const options = argument.match(/(?:"[^"]*"|[^",])+/g) ?? [];
  return Object.fromEntries(options.map((option) => {
    const [, name = "", value = ""] = /^(.*?)=(.*)$/s.exec(
      option.replaceAll('"', ""),
    ) ?? [];
    return [name, name === "mtu" ? Number(value) : value];
  }));
}

Deno.test("all interfaces follow one --net", () => {
  const { line, json, lost } = render(CASES.twoNics);
  assertEquals(
    line,
    "--net id=net0,tap=tap0,mac=02:00:00:00:00:01,mtu=1400 " +
      "id=net1,tap=tap1,mac=02:00:00:00:00:02,mtu=9000\n",
  );
  assertEquals(json, {
    net: [
      { id: "net0", tap: "tap0", mac: "02:00:00:00:00:01", mtu: 1400 },
      { id: "net1", tap: "tap1", mac: "02:00:00:00:00:02", mtu: 9000 },
    ],
  });
  assertEquals(lost, []);
});

Deno.test("its API's JSON is as its description says, and the arguments say the same", () => {
  for (const confs of [...Object.values(CASES), [FULL]]) {
    const { args: [flag, ...nets], json } = render(confs);
    assertFits(CLOUD_HYPERVISOR, json);
    assertEquals(flag, "--net");
    assertEquals(nets.map(parseFiles), json.net);
  }
});

Deno.test("an MTU that it would refuse is lost", () => {
  const confs = [{ ...FULL, vmIpConfigs: [{ address: "10.0.0.2/24" }] }];
  const lostAt = (vmMtu: number) =>
    render(confs.map((conf) => ({ ...conf, vmMtu }))).lost;
  assertEquals(lostAt(1280), []);
  const [loss, ...others] = lostAt(1279);
  assertEquals([loss?.field, loss?.value], ["vmMtu", 1279]);
  assertEquals(others, []);
  assertFits(
    CLOUD_HYPERVISOR,
    render(confs.map((conf) => ({ ...conf, vmMtu: 1279 }))).json,
  );
});

Deno.test("a hostile tap's name is refused, or read back through the shell", async () => {
  const taps: string[] = [];
  let words = "";
  for (const { field, value, conf } of makeHostileConfs()) {
    if (field !== "tapName") continue;
    try {
      const { line, json } = render([conf]);
      assertFits(CLOUD_HYPERVISOR, json);
      assertEquals(json.net[0].tap, value);
      taps.push(value);
      words += ` ${line.trimEnd()}`;
    } catch (error) {
      assert(error instanceof VmConfError, String(error));
      assertEquals(error.path, "conf.tapName");
    }
  }
  const { stdout } = await run(["sh", "-c", `printf '%s\\0'${words}`]);
  const nets = stdout.split("\0").filter((word) => word.startsWith("id="));
  assertEquals(nets.map((net) => parseFiles(net).tap), taps);
  assertEquals(taps.includes("a,x=1"), true);
});

Deno.test("any VM's arguments and JSON say the same", () => {
  fc.assert(
    fc.property(validConfs, (confs) => {
      try {
        const { args: [, ...nets], json } = render(confs);
        assertFits(CLOUD_HYPERVISOR, json);
        assertEquals(nets.map(parseFiles), json.net);
        assertEquals(nets.length, confs.length);
      } catch (error) {
        assert(error instanceof VmConfError, String(error));
        assertEquals(/tapName$/.test(error.path ?? ""), true);
      }
    }),
    { numRuns: 200 },
  );
});
