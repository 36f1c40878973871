import { assertEquals } from "@std/assert";
import { parseResult } from "../../src/cni/result.ts";
import { salvageResult } from "../../src/cni/salvage.ts";

const salvage = (value: unknown) => salvageResult(JSON.stringify(value), {});

Deno.test("a result without faults is read completely, in the current shape", () => {
  const raw = {
    CNIVersion: "0.2.0",
    ip4: { ip: "10.0.0.2/24", routes: [{ dst: "0.0.0.0/0" }] },
  };
  assertEquals(salvage(raw), {
    cniVersion: "0.2.0",
    result: parseResult(raw),
    faults: [],
  });
});

Deno.test("the same spelling counts as in a conversion", () => {
  const ip = { address: "10.0.0.2/24", gateway: "x", Gateway: "10.0.0.1" };
  const good = { cniVersion: 1, CNIVersion: "1.0.0", ips: [ip] };
  assertEquals(salvage(good).faults, []);
  assertEquals(salvage(good).result, parseResult(good));
  const bad = { ...good, ips: [{ ...ip, GATEWAY: "y" }] };
  assertEquals(salvage(bad).faults.map(({ path }) => path), [
    "result.ips[0].gateway",
  ]);
});

Deno.test("malformed texts stay as they are, other types are left out", () => {
  const { result, faults } = salvage({
    cniVersion: "1.1.0",
    interfaces: [null, { name: "tap0", mtu: "big", sandbox: "vm-1" }, 7],
    ips: [{ address: 5, interface: 1 }, { address: "10.0.0.2", gateway: "x" }],
    routes: [{ dst: "everywhere", gw: 1, mtu: 1400 }, null],
    dns: { nameservers: ["10.0.0.53", 1], domain: 5 },
  });
  assertEquals(result, {
    cniVersion: "1.1.0",
    interfaces: [
      { name: "" },
      { name: "tap0", sandbox: "vm-1" },
      { name: "" },
    ],
    ips: [
      { address: "", interface: 1 },
      { address: "10.0.0.2", gateway: "x" },
    ],
    routes: [{ dst: "everywhere", mtu: 1400 }],
    dns: { nameservers: ["10.0.0.53"], search: [], options: [] },
  });
  assertEquals(
    faults.map(({ path }) => path),
    [
      "result.interfaces[0]",
      "result.interfaces[1].mtu",
      "result.interfaces[2]",
      "result.ips[0].address",
      "result.ips[1].address",
      "result.ips[1].gateway",
      "result.routes[0].dst",
      "result.routes[0].gw",
      "result.routes[1]",
      "result.dns.nameservers[1]",
      "result.dns.domain",
    ],
  );
});

Deno.test("a result of an unknown version is read by the members of all", () => {
  const { cniVersion, result, faults } = salvage({
    cniVersion: "2.0.0",
    interfaces: [{ name: "tap0" }],
    ip6: { ip: "fd00::2/64", gateway: "fd00::1" },
  });
  assertEquals(cniVersion, "2.0.0");
  assertEquals(result.interfaces, [{ name: "tap0" }]);
  assertEquals(result.ips, [{ address: "fd00::2/64", gateway: "fd00::1" }]);
  assertEquals(faults.map(({ code }) => code), ["unsupported-version"]);
});

Deno.test("hints tell how an address should have been written", () => {
  const { faults } = salvage({
    cniVersion: "1.0.0",
    ips: [{ address: "10.0.0.2", gateway: "10.0.0.1/24" }, { address: "me" }],
  });
  assertEquals(faults.map(({ hint }) => hint), [
    "The prefix length of its subnet is missing, such as 10.0.0.2/24.",
    "It is one host, without prefix length: 10.0.0.1.",
    "See the CNI specification, section 5 (Result Types).",
  ]);
});

Deno.test("nothing is read of a text that is not JSON, or not an object", () => {
  for (const text of ["", "{", "[]", "7", '"{}"', "[[]]"]) {
    const { result, faults } = salvageResult(text, {});
    assertEquals([result.interfaces, result.ips, faults.length], [[], [], 1]);
  }
});
