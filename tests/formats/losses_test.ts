import { assertEquals } from "@std/assert";
import {
  FORMAT_NAMES,
  FORMAT_SUPPORT,
} from "../../src/formats/format_table.ts";
import { findLosses } from "../../src/formats/losses.ts";
import { parseNics } from "../../src/formats/nic.ts";
import * as dracut from "../../src/formats/dracut.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { CASES } from "./cases.ts";

const [PLAIN] = CASES.plain;
if (PLAIN === undefined) throw new Error("no case");

const SEVERAL_GATEWAYS: StaticNetworkConf = {
  ...PLAIN,
  vmIpConfigs: [
    { address: "fd00::2/64", gateway: "fd00::1" },
    { address: "10.0.0.2/24" },
    { address: "10.0.0.3/24", gateway: "10.0.0.1" },
    { address: "10.0.0.4/24", gateway: "10.0.0.1" },
    { address: "10.0.1.2/24", gateway: "10.0.1.1" },
    { address: "fd01::2/64", gateway: "fd01::1" },
  ],
};

const SECOND_GATEWAYS = [
  {
    field: "vmIpConfigs[4].gateway",
    value: "10.0.1.1",
    why: "a guest has one default gateway for IPv4: 10.0.0.1",
    instead: [],
  },
  {
    field: "vmIpConfigs[5].gateway",
    value: "fd01::1",
    why: "a guest has one default gateway for IPv6: fd00::1",
    instead: [],
  },
];

for (const format of FORMAT_NAMES.filter((name) => name !== "json")) {
  const has = FORMAT_SUPPORT[format].routes === "yes"
    ? "reports"
    : "does not report";
  Deno.test(`${format} ${has} that only the first gateway of each family is used`, () => {
    const lost = findLosses(format, parseNics([SEVERAL_GATEWAYS]))
      .filter(({ why }) => why.includes("gateway"));
    assertEquals(lost, has === "reports" ? SECOND_GATEWAYS : []);
  });
}

Deno.test("a route that another route excludes is lost", () => {
  const vmRoutes = [
    { dst: "10.1.0.0/16", gw: "10.0.0.8" },
    { dst: "10.1.0.0/16", gw: "10.0.0.9" },
  ];
  assertEquals(findLosses("networkd", parseNics([{ ...PLAIN, vmRoutes }])), [{
    field: "vmRoutes[1]",
    value: vmRoutes[1],
    why: "another route goes to the same destination with the same priority",
    instead: [],
  }]);
});

Deno.test("a format for one interface loses all others, and of the first what it does not support", () => {
  const lost = findLosses("ip", parseNics(CASES.twoNics));
  assertEquals(
    lost.map(({ field, value }) => [field, value]),
    [
      ["confs[0].vmMacAddr", "02:00:00:00:00:01"],
      ["confs[0].vmMtu", 1400],
      ["confs[1]", CASES.twoNics[1]],
    ],
  );
  assertEquals(lost.at(-1)?.why, "ip configures one network interface");
});

Deno.test("a gateway that dracut leaves out with its address is reported once", () => {
  const { lost } = dracut.render([SEVERAL_GATEWAYS]);
  const [, , only] = SEVERAL_GATEWAYS.vmIpConfigs;
  assertEquals(
    lost.filter(({ field }) => field.startsWith("vmIpConfigs"))
      .map(({ field, value }) => [field, value]),
    [
      ...SECOND_GATEWAYS.map(({ field, value }) => [field, value]),
      ...SEVERAL_GATEWAYS.vmIpConfigs.map((config, index) => [
        `vmIpConfigs[${index}]`,
        config,
      ]).filter(([, config]) => config !== only),
    ],
  );
});
