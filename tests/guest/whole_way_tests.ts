/** From a conflist to guests that answer, and back to nothing. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { noPlugins } from "../chain/place.ts";
import { denoRun } from "../child.ts";
import { noLibnl } from "../integration/libraries.ts";
import { inSandbox, testUnless } from "../integration/sandbox.ts";
import { build } from "./builds.ts";
import type { Arrival, Journey } from "./whole_way.ts";

const noWay = noPlugins ?? noLibnl ?? await build("debian");

async function arrivalOf(journey: Journey): Promise<Arrival> {
  const { code, stdout, stderr } = await inSandbox(
    "",
    denoRun(["-A"], "tests/guest/whole_way.ts"),
    { stdin: JSON.stringify(journey) },
  );
  assertEquals(code, 0, stderr);
  return JSON.parse(stdout);
}

function assertArrived({ vms, before, after }: Arrival): void {
  for (const { conf, report, pings } of vms) {
    const eth0 = report.links.find(({ ifname }) => ifname === "eth0");
    assertEquals(
      [eth0?.address, eth0?.mtu, conf.vmMtu],
      [conf.vmMacAddr, 1400, 1400],
    );
    assertStringIncludes(report.applied, "exit code 0");
    assertEquals(report.applied.includes("not reached"), false, report.applied);
    assertEquals(Object.values(pings), ["answered", "answered"]);
  }
  assertEquals(after, before);
}

testUnless(
  noWay,
  "a guest and the host reach each other, IPv4 and IPv6, and nothing is left of it",
  async () => {
    const arrival = await arrivalOf({ main: { type: "ptp" }, vms: ["vm-1"] });
    assertArrived(arrival);
    const [{ report } = { report: { applied: "" } }] = arrival.vms;
    assertEquals(report.applied.match(/^reached /gm)?.length, 2);
  },
);

testUnless(
  noWay,
  "two guests on a bridge reach each other, IPv4 and IPv6, and nothing is left of it",
  async () => {
    const main = { type: "bridge", bridge: "br-vms", isGateway: true };
    const arrival = await arrivalOf({ main, vms: ["vm-1", "vm-2"] });
    assertArrived(arrival);
    for (const { report } of arrival.vms) {
      assertEquals(report.applied.match(/^reached /gm)?.length, 4);
    }
  },
);
