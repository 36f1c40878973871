import { assertEquals } from "@std/assert";
import { parseResult } from "../../src/cni/result.ts";
import {
  ALL_VERSIONS,
  compareVersions,
  DEFAULT_VERSION,
  type Feature,
  firstVersionWith,
  hasFeature,
  isVersion,
  NEWEST_VERSION,
  printResult,
  VERSIONS,
} from "../../src/cni/versions.ts";

const CURRENT = ["1.0.0", "1.1.0"];
const MIDDLE = ["0.3.0", "0.3.1", "0.4.0"];
const LEGACY = ["0.1.0", "0.2.0"];

Deno.test("every version of the specification is known", () => {
  assertEquals<readonly string[]>(ALL_VERSIONS, [
    ...LEGACY,
    ...MIDDLE,
    ...CURRENT,
  ]);
});

Deno.test("the table of versions is sorted, from the default to the newest", () => {
  assertEquals(ALL_VERSIONS.toSorted(compareVersions), ALL_VERSIONS);
  assertEquals(ALL_VERSIONS[0], DEFAULT_VERSION);
  assertEquals(ALL_VERSIONS.at(-1), NEWEST_VERSION);
  assertEquals(parseResult({}).cniVersion, NEWEST_VERSION);
  assertEquals(isVersion("1.2.0") || isVersion("toString"), false);
});

for (const version of ALL_VERSIONS) {
  const { adds }: { readonly adds: readonly Feature[] } = VERSIONS[version];

  Deno.test(`what is printed as ${version} is read back as ${version}`, () => {
    const ip = { address: "10.0.0.2/24", gateway: "10.0.0.1" };
    const result = parseResult({ cniVersion: "1.0.0", ips: [ip] });
    const printed = JSON.parse(printResult(result, version));
    assertEquals(printed.cniVersion, version);
    assertEquals(parseResult(printed), result);
  });

  Deno.test(`what ${version} added, all later versions have, and no earlier one`, () => {
    for (const feature of adds) {
      assertEquals(firstVersionWith(feature), version);
      for (const other of [...ALL_VERSIONS, "0.0.9", "1.10.0", "2.0.0"]) {
        const isLater = compareVersions(other, version) >= 0;
        assertEquals(hasFeature(other, feature), isLater, other);
      }
    }
  });
}

Deno.test("features came with the versions that the specification says", () => {
  assertEquals(firstVersionWith("prevResult"), "0.3.0");
  assertEquals(firstVersionWith("CHECK"), "0.4.0");
  assertEquals(firstVersionWith("prevResult of DEL"), "0.4.0");
  assertEquals(firstVersionWith("STATUS"), "1.1.0");
  assertEquals(firstVersionWith("GC"), "1.1.0");
  assertEquals(firstVersionWith("MTU of interfaces"), "1.1.0");
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
  Deno.test(`${cniVersion} ignores the mtu of an interface, whatever its type`, () => {
    const interfaces = [{ name: "eth0", mtu: "wide" }];
    assertEquals(
      parseResult({ cniVersion, interfaces }).interfaces,
      [{ name: "eth0" }],
    );
  });
}

for (const cniVersion of LEGACY) {
  Deno.test(`${cniVersion} has one address for each family, their routes, and no interfaces`, () => {
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
