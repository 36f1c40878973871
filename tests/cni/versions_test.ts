import { assertEquals } from "@std/assert";
import { parseResult } from "../../src/cni/result.ts";
import { VERSIONS } from "../../src/cni/versions.ts";

const CURRENT = ["1.0.0", "1.1.0"];
const MIDDLE = ["0.3.0", "0.3.1", "0.4.0"];
const LEGACY = ["0.1.0", "0.2.0"];

Deno.test("every version of the specification is known", () => {
  assertEquals(Object.keys(VERSIONS), [...LEGACY, ...MIDDLE, ...CURRENT]);
});

const ROUTE = {
  dst: "10.1.0.0/16",
  gw: "10.0.0.9",
  mtu: 1400,
  advmss: 1360,
  priority: 100,
  table: 0,
  scope: 0,
};

for (const cniVersion of [...MIDDLE, ...CURRENT]) {
  Deno.test(`${cniVersion} keeps addresses, every route attribute and DNS`, () => {
    const dns = {
      nameservers: ["10.0.0.53"],
      domain: "example",
      search: ["a.example", "b.example"],
      options: ["ndots:2"],
    };
    const result = parseResult({
      cniVersion,
      interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/ns" }],
      ips: [{
        version: "4",
        interface: 0,
        address: "10.0.0.2/24",
        gateway: "10.0.0.1",
      }],
      routes: [ROUTE],
      dns,
    });
    assertEquals(result, {
      cniVersion: "1.1.0",
      interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/ns" }],
      ips: [{ address: "10.0.0.2/24", interface: 0, gateway: "10.0.0.1" }],
      routes: [ROUTE],
      dns,
    });
  });
}

for (const cniVersion of CURRENT) {
  Deno.test(`${cniVersion} keeps an interface's mtu, socketPath and pciID`, () => {
    const device = {
      name: "eth0",
      mtu: 1400,
      socketPath: "/run/vhost.sock",
      pciID: "0000:00:1f.6",
    };
    assertEquals(
      parseResult({ cniVersion, interfaces: [device] }).interfaces,
      [device],
    );
  });
}

for (const cniVersion of MIDDLE) {
  Deno.test(`${cniVersion} knows no mtu of an interface, whatever its type`, () => {
    const interfaces = [{ name: "eth0", mtu: "wide" }];
    assertEquals(
      parseResult({ cniVersion, interfaces }).interfaces,
      [{ name: "eth0" }],
    );
  });
}

for (const cniVersion of LEGACY) {
  Deno.test(`${cniVersion} has an address a family, their routes, and no interfaces`, () => {
    const result = parseResult({
      cniVersion,
      interfaces: [{ name: "ignored" }],
      ip4: {
        ip: "10.0.0.2/24",
        gateway: "10.0.0.1",
        routes: [{ dst: "0.0.0.0/0" }],
      },
      ip6: { ip: "fd00::2/64", routes: [{ dst: "::/0", gw: "fd00::1" }] },
      dns: { nameservers: ["10.0.0.53"] },
    });
    assertEquals(result.interfaces, []);
    assertEquals(result.ips, [
      { address: "10.0.0.2/24", gateway: "10.0.0.1" },
      { address: "fd00::2/64" },
    ]);
    assertEquals(result.routes, [
      { dst: "0.0.0.0/0" },
      { dst: "::/0", gw: "fd00::1" },
    ]);
    assertEquals(result.dns.nameservers, ["10.0.0.53"]);
  });
}
