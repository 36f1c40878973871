import { assert, assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import { findSupporters } from "../../src/formats/alternatives.ts";
import * as ip from "../../src/formats/ip.ts";
import { ipBootParam } from "../../src/formats/ip_param.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { MINIMAL } from "./cases.ts";

function writeParam(changes: Partial<StaticNetworkConf>): string {
  return ipBootParam({ ...MINIMAL, ...changes });
}

function getRefusal(changes: Partial<StaticNetworkConf>): VmConfError {
  return assertThrows(() => writeParam(changes), VmConfError);
}

function listLost(changes: Partial<StaticNetworkConf>): string[] {
  return ip.render([{ ...MINIMAL, ...changes }]).lost.map(({ field }) => field);
}

function withAddress(address: string, gateway?: string) {
  const config = gateway === undefined ? { address } : { address, gateway };
  return { vmIpConfigs: [config] };
}

Deno.test("the fields stand in the kernel's order, without empty ones at the end", () => {
  assertEquals(writeParam({}), "10.0.0.2::10.0.0.1:255.255.255.0:::off");
  assertEquals(
    writeParam({ vmIfName: "eth0", vmNameservers: ["10.0.0.53", "1.1.1.1"] }),
    "10.0.0.2::10.0.0.1:255.255.255.0::eth0:off:10.0.0.53:1.1.1.1",
  );
});

Deno.test("no gateway is an empty field", () => {
  assertEquals(
    writeParam(withAddress("10.0.0.2/24")),
    "10.0.0.2:::255.255.255.0:::off",
  );
  assertEquals(
    writeParam(withAddress("10.0.0.2/31")),
    "10.0.0.2:::255.255.255.254:::off",
  );
});

Deno.test("the format prints the whole parameter", () => {
  assertEquals(
    ip.render([MINIMAL]).files,
    [{
      name: "ip.cmdline",
      text: "ip=10.0.0.2::10.0.0.1:255.255.255.0:::off\n",
    }],
  );
});

Deno.test("what would boot with another network is refused, with formats that can", () => {
  const cases: [Partial<StaticNetworkConf>, string][] = [
    [withAddress("fd00::2/64", "fd00::1"), "conf.vmIpConfigs"],
    [withAddress("::ffff:10.0.0.2/120"), "conf.vmIpConfigs"],
    [
      { vmIpConfigs: [{ address: "10.0.0.2/24" }, { address: "10.0.0.3/24" }] },
      "conf.vmIpConfigs",
    ],
    [withAddress("10.0.0.2/32"), "conf.vmIpConfigs[0].address"],
    [withAddress("10.0.0.2/0", "192.0.2.1"), "conf.vmIpConfigs[0].address"],
    [withAddress("10.0.0.2/31", "10.0.0.3"), "conf.vmIpConfigs[0].gateway"],
    [withAddress("10.0.0.2/24", "10.0.1.1"), "conf.vmIpConfigs[0].gateway"],
  ];
  for (const [changes, path] of cases) {
    const error = getRefusal(changes);
    assertEquals([error.code, error.path], ["not-representable", path]);
    assert(error.message.startsWith(`${path}: expected `), error.message);
    assert(error.hint?.startsWith("Formats that support it: "), error.hint);
  }
});

Deno.test("what no format can express is wrong", () => {
  const cases: [Partial<StaticNetworkConf>, string][] = [
    [{ vmIpConfigs: [] }, "conf.vmIpConfigs"],
    [withAddress("0.0.0.0/24"), "conf.vmIpConfigs[0].address"],
    [withAddress("255.255.255.255/24"), "conf.vmIpConfigs[0].address"],
    [withAddress("224.0.0.1/24"), "conf.vmIpConfigs[0].address"],
    [withAddress("10.0.0.2/24", "fd00::1"), "conf.vmIpConfigs[0].gateway"],
    [withAddress("10.0.0.2/24", "10.0.0.2"), "conf.vmIpConfigs[0].gateway"],
    [withAddress("10.0.0.2/24", "10.0.0.255"), "conf.vmIpConfigs[0].gateway"],
  ];
  for (const [changes, path] of cases) {
    const error = getRefusal(changes);
    assertEquals([error.code, error.path], ["invalid-conf", path]);
  }
});

const HOSTILE = [
  " ",
  "a b",
  "eth0:1",
  'eth"0',
  "eth'0",
  "eth\n0",
  "eth\0",
  "eth\\0",
  "eth/0",
  "$(reboot)",
  ".",
  "..",
  "abcdefghijklmnop",
  "接口",
];

Deno.test("a device name that could break out of its field is refused", () => {
  for (const vmIfName of [...HOSTILE, "lo"]) {
    const { code, path } = getRefusal({ vmIfName });
    assertEquals([code, path], ["invalid-conf", "conf.vmIfName"], vmIfName);
  }
  assertEquals(writeParam({ vmIfName: "" }), writeParam({}));
});

Deno.test("a nameserver that could break out of its field is refused", () => {
  for (const text of ["", "ns.example", "10.0.0.53 init=/bin/sh", ...HOSTILE]) {
    const { code, path } = getRefusal({ vmNameservers: ["10.0.0.53", text] });
    assertEquals([code, path], ["invalid-conf", "conf.vmNameservers[1]"], text);
  }
});

Deno.test("a malformed address or gateway is refused, even of an address that is left out", () => {
  for (const text of ["10.0.0.2", "10.0.0.2/24 quiet", "::1:/64"]) {
    const vmIpConfigs = [...MINIMAL.vmIpConfigs, { address: text }];
    assertEquals(
      getRefusal({ vmIpConfigs }).path,
      "conf.vmIpConfigs[1].address",
    );
  }
  assertEquals(
    getRefusal(withAddress("10.0.0.2/24", "10.0.0.1 quiet")).path,
    "conf.vmIpConfigs[0].gateway",
  );
});

Deno.test("a configuration of other types than it should have is refused", () => {
  const confs: unknown[] = [
    null,
    undefined,
    {},
    { ...MINIMAL, vmIfName: null },
    { ...MINIMAL, vmIfName: ["eth0"] },
    { ...MINIMAL, vmIpConfigs: null },
    { ...MINIMAL, vmIpConfigs: [null] },
    { ...MINIMAL, vmIpConfigs: [{ address: 5 }] },
    { ...MINIMAL, vmIpConfigs: [{ address: "10.0.0.2/24", gateway: null }] },
    { ...MINIMAL, vmNameservers: "10.0.0.53" },
    { ...MINIMAL, vmNameservers: [5] },
  ];
  for (const conf of confs) {
    const bad = conf as StaticNetworkConf;
    for (
      const write of [
        ipBootParam,
        (conf: StaticNetworkConf) => ip.render([conf]),
      ]
    ) {
      const { code } = assertThrows(() => write(bad), VmConfError);
      assertEquals(code, "invalid-conf");
    }
  }
});

Deno.test("a nameserver that the kernel takes for none is refused", () => {
  for (const text of ["0.0.0.0", "255.255.255.255"]) {
    assertEquals(getRefusal({ vmNameservers: [text] }).code, "invalid-conf");
  }
});

Deno.test("a nameserver in another spelling is written, not lost", () => {
  const vmNameservers = ["::ffff:10.0.0.53"];
  assertEquals(
    writeParam({ vmNameservers }),
    "10.0.0.2::10.0.0.1:255.255.255.0:::off:10.0.0.53",
  );
  assertEquals(listLost({ vmNameservers }), ["vmMtu"]);
});

Deno.test("what has no field is reported, and nothing else", () => {
  assertEquals(listLost({}), ["vmMtu"]);
  assertEquals(
    listLost({
      vmMacAddr: "02:00:00:00:00:01",
      vmIpConfigs: [{ address: "fd00::2/64" }, ...MINIMAL.vmIpConfigs],
      vmRoutes: [
        { dst: "0.0.0.0/0" },
        { dst: "0.0.0.0/0", gw: "10.0.0.1" },
        { dst: "0.0.0.0/0", gw: "10.0.0.9" },
        { dst: "0.0.0.0/0", mtu: 1400 },
        { dst: "10.1.0.0/16" },
        { dst: "::/0" },
      ],
      vmNameservers: ["fd00::53", "10.0.0.53", "1.1.1.1", "8.8.8.8"],
      vmDomain: "example",
      vmSearchDomains: ["a.example"],
      vmResolverOptions: ["ndots:2"],
    }),
    [
      "vmMacAddr",
      "vmMtu",
      "vmIpConfigs[0]",
      "vmDomain",
      "vmSearchDomains",
      "vmResolverOptions",
      "vmRoutes[2]",
      "vmRoutes[3]",
      "vmRoutes[4]",
      "vmRoutes[5]",
      "vmNameservers[0]",
      "vmNameservers[3]",
    ],
  );
});

Deno.test("a default route is lost if there is no gateway", () => {
  assertEquals(
    listLost({
      ...withAddress("10.0.0.2/24"),
      vmRoutes: [{ dst: "0.0.0.0/0" }],
    }),
    ["vmMtu", "vmRoutes[0]"],
  );
});

Deno.test("each loss says what it was, why, and which formats keep it", () => {
  const [loss] = ip.render([{ ...MINIMAL, vmMtu: 1400 }]).lost;
  assertEquals(loss?.value, 1400);
  assertEquals(loss?.why, "ip does not support it");
  assertEquals(loss?.instead, findSupporters(["mtu"]));
});
