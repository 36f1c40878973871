import { assertEquals } from "@std/assert";
import { findSupporters } from "../../src/formats/alternatives.ts";
import { parseNics } from "../../src/formats/nic.ts";
import { selectPlainRoutes } from "../../src/formats/plain_routes.ts";
import { printCidr } from "../../src/ip/address.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { CASES } from "./cases.ts";

const CONF = {
  ...CASES.dualStack[0] as StaticNetworkConf,
  vmIpConfigs: [{ address: "10.0.0.2/24" }, { address: "fd00::2/64" }],
};

/** The routes as `ip route` shows them, and the fields that are lost. */
function selectPlain(vmRoutes: StaticNetworkConf["vmRoutes"]) {
  const nics = parseNics([{ ...CONF, vmRoutes }]);
  const { routes, lost } = selectPlainRoutes(nics, "a reader");
  return {
    routes: routes.map(({ route: { dst, via, path } }) => [
      `${printCidr(dst)}${via === undefined ? "" : ` via ${via.text}`}`,
      path,
    ]),
    lost: lost.map(({ field, why, instead }) => [field, why, instead]),
  };
}

Deno.test("routes by one gateway outside the subnet need one route to it", () => {
  const { routes, lost } = selectPlain([
    { dst: "20.0.0.0/24", gw: "192.0.2.1" },
    { dst: "21.0.0.0/24", gw: "192.0.2.1" },
    { dst: "fd02::/64", gw: "fd01::1" },
  ]);
  assertEquals(routes, [
    ["192.0.2.1/32", "conf.vmRoutes[0]"],
    ["20.0.0.0/24 via 192.0.2.1", "conf.vmRoutes[0]"],
    ["21.0.0.0/24 via 192.0.2.1", "conf.vmRoutes[1]"],
    ["fd01::1/128", "conf.vmRoutes[2]"],
    ["fd02::/64 via fd01::1", "conf.vmRoutes[2]"],
  ]);
  assertEquals(lost, []);
});

Deno.test("a route to the gateway that is there already is used", () => {
  const { routes, lost } = selectPlain([
    { dst: "192.0.2.1/32", scope: 253 },
    { dst: "20.0.0.0/24", gw: "192.0.2.1" },
  ]);
  assertEquals(routes, [
    ["192.0.2.1/32", "conf.vmRoutes[0]"],
    ["20.0.0.0/24 via 192.0.2.1", "conf.vmRoutes[1]"],
  ]);
  assertEquals(lost, []);
});

Deno.test("a gateway that is reached by another gateway is no gateway on the link", () => {
  const { routes, lost } = selectPlain([
    { dst: "192.0.2.1/32", gw: "10.0.0.9" },
    { dst: "20.0.0.0/24", gw: "192.0.2.1" },
  ]);
  assertEquals(routes, [["192.0.2.1/32 via 10.0.0.9", "conf.vmRoutes[0]"]]);
  assertEquals(lost, [
    [
      "vmRoutes[1]",
      "another route goes to its gateway",
      findSupporters(["onLink", "priority"]),
    ],
  ]);
});

Deno.test("of several routes to one destination, the one that the kernel prefers stays", () => {
  const kept = (...priorities: (number | undefined)[]) =>
    ["10.1.0.0/16", "fd01::/48"].map((dst) => {
      const gateways = dst.includes(":")
        ? ["fd00::8", "fd00::9"]
        : ["10.0.0.8", "10.0.0.9"];
      const { routes, lost } = selectPlain(gateways.map((gw, index) => ({
        dst,
        gw,
        ...(priorities[index] !== undefined && { priority: priorities[index] }),
      })));
      assertEquals([routes.length, lost.length], [1, 1]);
      return routes[0]?.[0]?.slice(-1);
    });
  assertEquals(kept(20, 10), ["9", "9"]);
  assertEquals(kept(10, 20), ["8", "8"]);
  // The kernel takes an IPv6 route without metric, or with 0, for one of 1024.
  assertEquals(kept(undefined, 512), ["8", "9"]);
  assertEquals(kept(0, 512), ["8", "9"]);
  assertEquals(kept(undefined, 2048), ["8", "8"]);
});

Deno.test("a reader's own obstacle is reported first", () => {
  const vmRoutes = [{ dst: "20.0.0.0/24", gw: "10.0.0.9", table: 100 }];
  const nics = parseNics([{ ...CONF, vmRoutes }]);
  const { lost } = selectPlainRoutes(
    nics,
    "a reader",
    () => ({ why: "no way" }),
  );
  assertEquals(lost.map(({ why }) => why), ["no way"]);
  assertEquals(selectPlain(vmRoutes).lost, [[
    "vmRoutes[0]",
    "a reader writes to the main table only",
    findSupporters(["table"]),
  ]]);
});
