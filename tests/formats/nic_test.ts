import { assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import { parseNics } from "../../src/formats/nic.ts";
import type { NicRoute } from "../../src/formats/nic_routes.ts";
import { printCidr } from "../../src/ip/address.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { MINIMAL } from "./cases.ts";

function parseOnly(changes: Partial<StaticNetworkConf>) {
  const [nic] = parseNics([{ ...MINIMAL, ...changes }]);
  if (nic === undefined) throw new Error("no NIC");
  return nic;
}

function showRoute({ dst, via, onLink, priority }: NicRoute): string {
  const hop = via === undefined ? "" : ` via ${via.text}`;
  const metric = priority === undefined ? "" : ` metric ${priority}`;
  return `${printCidr(dst)}${hop}${onLink ? " onlink" : ""}${metric}`;
}

function listRoutes(changes: Partial<StaticNetworkConf>): string[] {
  return parseOnly(changes).routes.map(showRoute);
}

function getRefusedPath(...confs: Partial<StaticNetworkConf>[]) {
  const { code, path } = assertThrows(
    () => parseNics(confs.map((changes) => ({ ...MINIMAL, ...changes }))),
    VmConfError,
  );
  assertEquals(code, "invalid-conf");
  return path;
}

Deno.test("the first gateway of each family is the default route", () => {
  assertEquals(
    listRoutes({
      vmIpConfigs: [
        { address: "fd00::2/64", gateway: "fd00::1" },
        { address: "10.0.0.2/24", gateway: "10.0.0.1" },
        { address: "10.0.1.2/24", gateway: "10.0.1.1" },
      ],
    }),
    ["0.0.0.0/0 via 10.0.0.1", "::/0 via fd00::1"],
  );
});

Deno.test("a default route of the result takes the place of the gateway's", () => {
  assertEquals(
    listRoutes({
      vmRoutes: [{ dst: "0.0.0.0/0", gw: "10.0.0.9", priority: 5 }],
    }),
    ["0.0.0.0/0 via 10.0.0.9 metric 5"],
  );
});

Deno.test("a default route of another table does not", () => {
  assertEquals(
    listRoutes({
      vmRoutes: [{ dst: "0.0.0.0/0", gw: "10.0.0.9", table: 100 }],
    }),
    ["0.0.0.0/0 via 10.0.0.1", "0.0.0.0/0 via 10.0.0.9"],
  );
});

Deno.test("a route without next hop goes by its family's gateway, if there is one", () => {
  assertEquals(
    listRoutes({ vmRoutes: [{ dst: "10.9.0.0/16" }, { dst: "fd09::/64" }] }),
    ["0.0.0.0/0 via 10.0.0.1", "10.9.0.0/16 via 10.0.0.1", "fd09::/64"],
  );
});

Deno.test("a gateway outside every subnet is on the link all the same", () => {
  assertEquals(
    listRoutes({
      vmIpConfigs: [
        { address: "10.0.0.2/32", gateway: "169.254.1.1" },
        { address: "fd00::2/128", gateway: "fe80::1" },
      ],
    }),
    ["0.0.0.0/0 via 169.254.1.1 onlink", "::/0 via fe80::1"],
  );
});

Deno.test("destinations lose their host bits, and the same route twice is one", () => {
  assertEquals(
    listRoutes({
      vmRoutes: [
        { dst: "10.9.1.2/16" },
        { dst: "10.9.0.0/16", gw: "10.0.0.1" },
        { dst: "0.0.0.0/0" },
      ],
    }),
    ["10.9.0.0/16 via 10.0.0.1", "0.0.0.0/0 via 10.0.0.1"],
  );
});

Deno.test("of two routes that exclude each other, the first one wins", () => {
  const { routes, clashes } = parseOnly({
    vmRoutes: [
      { dst: "10.9.0.0/16", gw: "10.0.0.8" },
      { dst: "10.9.0.0/16", gw: "10.0.0.9" },
      { dst: "10.9.0.0/16", gw: "10.0.0.9", priority: 7 },
    ],
  });
  assertEquals(routes.map(showRoute), [
    "0.0.0.0/0 via 10.0.0.1",
    "10.9.0.0/16 via 10.0.0.8",
    "10.9.0.0/16 via 10.0.0.9 metric 7",
  ]);
  assertEquals([...clashes], [1]);
});

Deno.test("the first interface's default route is preferred to the others'", () => {
  const nics = parseNics([MINIMAL, { ...MINIMAL, tapName: "tap1" }]);
  assertEquals(nics.map(({ routes }) => routes.map(showRoute)), [
    ["0.0.0.0/0 via 10.0.0.1"],
    ["0.0.0.0/0 via 10.0.0.1 metric 1025"],
  ]);
});

Deno.test("an interface without a name has the kernel's", () => {
  const nics = parseNics([MINIMAL, {
    ...MINIMAL,
    tapName: "tap1",
    vmIfName: "lan",
  }]);
  assertEquals(nics.map(({ name, nameOrDefault }) => [name, nameOrDefault]), [
    [undefined, "eth0"],
    ["lan", "lan"],
  ]);
});

Deno.test("the domain is the first one that is searched, and none twice", () => {
  assertEquals(
    parseOnly({
      vmDomain: "b.example",
      vmSearchDomains: ["a.example", "b.example"],
    })
      .search,
    ["b.example", "a.example"],
  );
});

Deno.test("what is wrong for every guest is refused, with its path", () => {
  const cases: [Partial<StaticNetworkConf>, string][] = [
    [{ tapName: "tap/0" }, "conf.tapName"],
    [{ vmIfName: "sixteen-letters-" }, "conf.vmIfName"],
    [{ vmIfName: ".." }, "conf.vmIfName"],
    [{ vmIfName: "lo" }, "conf.vmIfName"],
    [{ tapName: "lo" }, "conf.tapName"],
    [{ vmMacAddr: "01:00:00:00:00:01" }, "conf.vmMacAddr"],
    [{ vmMacAddr: "00:00:00:00:00:00" }, "conf.vmMacAddr"],
    [{ vmMtu: 65536 }, "conf.vmMtu"],
    [
      { vmMtu: 1279, vmIpConfigs: [{ address: "fd00::2/64" }] },
      "conf.vmMtu",
    ],
    [
      { vmIpConfigs: [{ address: "224.0.0.1/24" }] },
      "conf.vmIpConfigs[0].address",
    ],
    [
      { vmIpConfigs: [{ address: "ff02::1/64" }] },
      "conf.vmIpConfigs[0].address",
    ],
    [
      { vmIpConfigs: [{ address: "10.0.0.2/24", gateway: "fd00::1" }] },
      "conf.vmIpConfigs[0].gateway",
    ],
    [
      { vmIpConfigs: [{ address: "10.0.0.2/24", gateway: "10.0.0.2" }] },
      "conf.vmIpConfigs[0].gateway",
    ],
    [
      { vmRoutes: [{ dst: "10.9.0.0/16", gw: "fd00::1" }] },
      "conf.vmRoutes[0].gw",
    ],
    [
      { vmRoutes: [{ dst: "0.0.0.0/0", gw: "10.0.0.2" }] },
      "conf.vmRoutes[0].gw",
    ],
    [{ vmRoutes: [{ dst: "default" }] }, "conf.vmRoutes[0].dst"],
    [
      { vmIpConfigs: [{ address: "10.0.0.2/24", gateway: "10.0.0.255" }] },
      "conf.vmIpConfigs[0].gateway",
    ],
    [
      { vmRoutes: [{ dst: "10.1.0.0/16", gw: "10.0.0.255" }] },
      "conf.vmRoutes[0].gw",
    ],
    [
      { vmRoutes: [{ dst: "0.0.0.0/0", scope: 255 }] },
      "conf.vmRoutes[0].scope",
    ],
    [
      { vmRoutes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1", scope: 253 }] },
      "conf.vmRoutes[0].scope",
    ],
    [
      { vmRoutes: [{ dst: "::/0", scope: 256 }] },
      "conf.vmRoutes[0].scope",
    ],
    [{ vmRoutes: [{ dst: "0.0.0.0/0", mtu: -1 }] }, "conf.vmRoutes[0].mtu"],
    [{ vmNameservers: ["::"] }, "conf.vmNameservers[0]"],
    [{ vmNameservers: ["fe80::1%eth0"] }, "conf.vmNameservers[0]"],
    [{ vmDomain: "a example" }, "conf.vmDomain"],
    [
      { vmSearchDomains: ["a.example", "b\n[Route]"] },
      "conf.vmSearchDomains[1]",
    ],
    [{ vmResolverOptions: ["ndots:2 rotate"] }, "conf.vmResolverOptions[0]"],
  ];
  for (const [changes, path] of cases) {
    assertEquals(getRefusedPath(changes), path);
  }
});

Deno.test("if there are several interfaces, the path says which one", () => {
  assertEquals(
    getRefusedPath({}, { tapName: "tap1", vmMtu: 67 }),
    "confs[1].vmMtu",
  );
});

Deno.test("no two interfaces share a tap, a name or a MAC", () => {
  const second = { tapName: "tap1" };
  assertEquals(getRefusedPath({}, {}), "confs[1].tapName");
  assertEquals(
    getRefusedPath({ vmIfName: "eth0" }, { ...second, vmIfName: "eth0" }),
    "confs[1].vmIfName",
  );
  const vmMacAddr = "02:00:00:00:00:01";
  assertEquals(
    getRefusedPath({ vmMacAddr }, { ...second, vmMacAddr }),
    "confs[1].vmMacAddr",
  );
  const elsewhere = { netNSPath: "/run/netns/b" };
  assertEquals(parseNics([MINIMAL, { ...MINIMAL, ...elsewhere }]).length, 2);
});

Deno.test("no configuration at all is refused", () => {
  assertEquals(getRefusedPath(), "confs");
});
