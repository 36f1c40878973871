/** Whether the formats that a loss or an error recommends are good for it. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import type { Format } from "../../src/formats/format.ts";
import * as ip from "../../src/formats/ip.ts";
import { FORMAT_NAMES, loadFormat } from "../../src/formats/format_table.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { CASES, FULL } from "./cases.ts";

type Confs = readonly StaticNetworkConf[];

function change(changes: Partial<StaticNetworkConf>): Confs {
  return CASES.plain.map((conf) => ({ ...conf, ...changes }));
}

function withAddresses(...pairs: [address: string, gateway?: string][]): Confs {
  return change({
    vmIpConfigs: pairs.map(([address, gateway]) => ({
      address,
      ...(gateway !== undefined && { gateway }),
    })),
  });
}

function withRoutes(...vmRoutes: StaticNetworkConf["vmRoutes"]): Confs {
  return change({ vmRoutes });
}

const HOP = "10.0.0.9";

/** Everything that makes some format refuse or leave out something. */
const SITUATIONS: Readonly<Record<string, Confs>> = {
  ...CASES,
  "everything": [FULL],
  "two IPv4 addresses": withAddresses(
    ["10.0.0.2/24", "10.0.0.1"],
    ["10.0.0.3/24"],
  ),
  "two IPv6 addresses": withAddresses(["fd00::2/64"], ["fd00::3/64"]),
  "two IPv4 addresses and one of IPv6": withAddresses(
    ["10.0.0.2/24"],
    ["10.0.0.3/24"],
    ["fd00::2/64"],
  ),
  "IPv6 alone": withAddresses(["fd00::2/64", "fd00::1"]),
  "a /32": withAddresses(["10.0.0.2/32"]),
  "a /0": withAddresses(["10.0.0.2/0", "10.0.0.1"]),
  "a /31 with a gateway": withAddresses(["10.0.0.2/31", "10.0.0.3"]),
  "a /31 with a gateway outside": withAddresses(["10.0.0.2/31", "10.9.0.1"]),
  "a gateway outside": withAddresses(["10.0.0.2/24", "10.9.0.1"]),
  "a route": withRoutes({ dst: "10.1.0.0/16", gw: HOP }),
  "a route's priority": withRoutes({
    dst: "10.1.0.0/16",
    gw: HOP,
    priority: 5,
  }),
  "a route's mtu": withRoutes({ dst: "10.1.0.0/16", gw: HOP, mtu: 1300 }),
  "a route's advmss": withRoutes({ dst: "10.1.0.0/16", gw: HOP, advmss: 1200 }),
  "a route's table": withRoutes({ dst: "10.1.0.0/16", gw: HOP, table: 100 }),
  "a route's scope": withRoutes({ dst: "10.1.0.0/16", gw: HOP, scope: 200 }),
  "a route of IPv6 with a scope": [{
    ...withAddresses(["fd00::2/64"])[0] as StaticNetworkConf,
    vmRoutes: [{ dst: "fd01::/48", gw: "fd00::9", scope: 200 }],
  }],
  "a route by a gateway outside": withRoutes({
    dst: "10.1.0.0/16",
    gw: "192.0.2.1",
  }),
  "a route without gateway": withRoutes({ dst: "10.1.0.0/16", scope: 253 }),
  "a default route without gateway": withRoutes({
    dst: "0.0.0.0/0",
    scope: 253,
  }),
  "two routes to one destination": withRoutes(
    { dst: "10.1.0.0/16", gw: HOP, priority: 5 },
    { dst: "10.1.0.0/16", gw: "10.0.0.8", priority: 6 },
  ),
  "a route to a gateway, by another gateway": withRoutes(
    { dst: "192.0.2.1/32", gw: HOP },
    { dst: "20.0.0.0/24", gw: "192.0.2.1" },
  ),
  "a route of a family without address": withRoutes({
    dst: "fd01::/48",
    gw: "fd00::9",
  }),
  "such a route with all attributes": withRoutes({
    dst: "fd01::/48",
    gw: "fd00::9",
    priority: 5,
    mtu: 1300,
    advmss: 1200,
    table: 100,
    scope: 200,
  }),
  "two routes that clash": withRoutes(
    { dst: "10.1.0.0/16", gw: HOP },
    { dst: "10.1.0.0/16", gw: "10.0.0.8" },
  ),
  "four nameservers": change({
    vmNameservers: ["10.0.0.51", "10.0.0.52", "10.0.0.53", "10.0.0.54"],
  }),
  "a nameserver of a family without address": change({
    vmNameservers: ["fd00::53"],
  }),
  "a nameserver on the link": change({ vmNameservers: ["fe80::53"] }),
  "search domains": change({ vmSearchDomains: ["a.example"] }),
  "a domain": change({ vmDomain: "a.example" }),
  "resolver options": change({ vmResolverOptions: ["ndots:2"] }),
  "different resolver options": CASES.twoNics.map((conf, index) => ({
    ...conf,
    vmResolverOptions: [`ndots:${index}`],
  })),
  "a low MTU": change({ vmMtu: 1000 }),
  "two interfaces by one gateway": CASES.twoNics.map((conf, index) => ({
    ...conf,
    vmIpConfigs: [{ address: `10.0.0.${index}2/32`, gateway: "169.254.1.1" }],
  })),
  "two interfaces with everything": CASES.twoNics.map((conf, index) => ({
    ...FULL,
    ...(index > 0 && conf),
    vmRoutes: [
      { dst: `10.${index}1.0.0/16`, mtu: 1300, priority: 7, table: 100 },
      { dst: `10.${index}2.0.0/16`, gw: "192.0.2.1" },
      { dst: `fd01:${index}::/64`, gw: "fd00::9" },
    ],
  })),
};

/** The formats whose losses are looked at, where others have other reasons. */
const FORMATS_OF: Readonly<Record<string, readonly string[]>> = {
  "a route to a gateway, by another gateway": ["dracut", "kata"],
  "different resolver options": ["resolv.conf"],
};

/** An interface that is kept may lack something; a route or an address may not. */
function isWithin(found: string, place: string): boolean {
  return /^confs\[\d\]$/.test(place)
    ? found === place
    : found.startsWith(place);
}

const formats = new Map<string, Format>(
  await Promise.all(
    FORMAT_NAMES.map(async (name) => [name, await loadFormat(name)] as const),
  ),
);

/** What a format does not keep, and what is recommended for it. */
interface Complaint {
  readonly place: string;
  readonly instead: readonly string[];
}

function listComplaints(format: string, confs: Confs): Complaint[] {
  try {
    return (formats.get(format)?.render(confs).lost ?? [])
      .map(({ field, instead }) => ({ place: field, instead }));
  } catch (error) {
    if (!(error instanceof VmConfError)) throw error;
    const [, names] = /^Formats that support it: (.*)\.$/.exec(
      error.hint ?? "",
    ) ?? [];
    return [{
      place: error.path?.replace(/^conf\./, "") ?? "",
      instead: names?.split(", ") ?? [],
    }];
  }
}

for (const [situation, confs] of Object.entries(SITUATIONS)) {
  Deno.test(`${situation}: each recommended format keeps what another one does not`, () => {
    for (const format of FORMATS_OF[situation] ?? FORMAT_NAMES) {
      for (const { place, instead } of listComplaints(format, confs)) {
        for (const other of instead) {
          const places = listComplaints(other, confs).map(({ place }) => place);
          assertEquals(
            places.filter((found) => isWithin(found, place)),
            [],
            `${place} of ${format}, in ${other}`,
          );
        }
      }
    }
  });
}

Deno.test("a refusal recommends the formats for its own reason", () => {
  const all =
    "networkd networkmanager netplan cloud-init ifupdown ip-batch kata";
  const expected = {
    "two IPv4 addresses": all,
    "two IPv6 addresses": all,
    "IPv6 alone": `dracut ${all}`,
    "a /32": `dracut ${all}`,
    "a /31 with a gateway": `dracut ${all}`,
    "a gateway outside": `dracut ${all.replace("cloud-init ", "")}`,
    "onLink": `dracut ${all.replace("cloud-init ", "")}`,
  };
  for (const [situation, names] of Object.entries(expected)) {
    const [complaint] = listComplaints("ip", SITUATIONS[situation] ?? []);
    assertEquals(complaint?.instead.join(" "), names, situation);
  }
});

Deno.test("what is wrong for every format recommends none", () => {
  const [conf] = withAddresses(["224.0.0.1/24"]);
  assert(conf);
  const { code, hint } = assertThrows(() => ip.render([conf]), VmConfError);
  assertEquals(code, "invalid-conf");
  assertEquals(hint?.includes("networkd"), false);
});
