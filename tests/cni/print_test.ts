import { assertEquals } from "@std/assert";
import * as fc from "../fast_check.ts";
import { type CniResult, parseResult } from "../../mod.ts";
import { printResult, type Version } from "../../src/cni/versions.ts";
import { middleResult } from "../fuzz/arbitraries.ts";

const RESULT = parseResult({
  cniVersion: "1.1.0",
  interfaces: [
    { name: "eth0", mac: "02:00:00:00:00:01", mtu: 1400, sandbox: "/run/a" },
    { name: "vf0", pciID: "0000:00:1f.6", socketPath: "/run/vf0" },
  ],
  ips: [
    { interface: 0, address: "10.0.0.2/24", gateway: "10.0.0.1" },
    { interface: 0, address: "10.0.1.2/24" },
    { interface: 0, address: "fd00::2/64" },
  ],
  routes: [{ dst: "0.0.0.0/0", mtu: 1300 }, { dst: "::/0", gw: "fd00::1" }],
  dns: { nameservers: ["10.0.0.53"], search: ["example"] },
});

function written(cniVersion: Version): unknown {
  return JSON.parse(printResult(RESULT, cniVersion));
}

Deno.test("from 1.0.0 on everything is printed, except what is empty", () => {
  assertEquals(written("1.0.0"), {
    cniVersion: "1.0.0",
    interfaces: RESULT.interfaces,
    ips: RESULT.ips,
    routes: RESULT.routes,
    dns: { nameservers: ["10.0.0.53"], search: ["example"] },
  });
  const empty = parseResult({ cniVersion: "1.0.0" });
  assertEquals(JSON.parse(printResult(empty, "1.1.0")), {
    cniVersion: "1.1.0",
  });
});

Deno.test("0.3.0 to 0.4.0 print the family of an address, and three members of an interface", () => {
  assertEquals(written("0.4.0"), {
    cniVersion: "0.4.0",
    interfaces: [
      { name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/run/a" },
      { name: "vf0" },
    ],
    ips: [
      {
        version: "4",
        interface: 0,
        address: "10.0.0.2/24",
        gateway: "10.0.0.1",
      },
      { version: "4", interface: 0, address: "10.0.1.2/24" },
      { version: "6", interface: 0, address: "fd00::2/64" },
    ],
    routes: RESULT.routes,
    dns: { nameservers: ["10.0.0.53"], search: ["example"] },
  });
});

Deno.test("0.2.0 has the first address of each family, with the family's routes", () => {
  assertEquals(written("0.2.0"), {
    cniVersion: "0.2.0",
    ip4: {
      ip: "10.0.0.2/24",
      gateway: "10.0.0.1",
      routes: [{ dst: "0.0.0.0/0", mtu: 1300 }],
    },
    ip6: { ip: "fd00::2/64", routes: [{ dst: "::/0", gw: "fd00::1" }] },
    dns: { nameservers: ["10.0.0.53"], search: ["example"] },
  });
});

Deno.test("whatever is printed in 0.3.0 to 1.1.0 is read as the same result", () => {
  fc.assert(fc.property(
    middleResult,
    fc.constantFrom("0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0" as const),
    (said, cniVersion) => {
      const result: CniResult = { ...said, cniVersion: "1.1.0" };
      assertEquals(parseResult(printResult(result, cniVersion)), result);
    },
  ));
});
