import { assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import type { StaticNetworkConfOptions } from "../../src/vmconf/conversion.ts";
import { staticNetworkConfFrom } from "../../src/vmconf/from_result.ts";

const RESULT = {
  cniVersion: "1.1.0",
  interfaces: [
    { name: "tap0", sandbox: "/run/netns/a", mtu: 1400 },
    { name: "tap0", sandbox: "vm-1", mac: "02-00-00-00-00-0A" },
  ],
  ips: [
    { interface: 1, address: "fd00::2/64", gateway: "fd00::1" },
    { interface: 1, address: "10.0.0.2/24" },
  ],
  routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1", mtu: 1300 }],
  dns: {
    nameservers: ["10.0.0.53"],
    domain: "example",
    search: ["a.example"],
    options: ["ndots:2"],
  },
};

function convert(changes: object, options: StaticNetworkConfOptions = {}) {
  const result = { ...RESULT, ...changes };
  return staticNetworkConfFrom(result, "vm-1", { mtu: 1500, ...options });
}

function failure(changes: object, options: StaticNetworkConfOptions = {}) {
  return assertThrows(() => convert(changes, options), VmConfError);
}

Deno.test("everything that the VM needs is there, in the result's order", () => {
  assertEquals(convert({}, { vmIfName: "eth0" }), {
    tapName: "tap0",
    netNSPath: "/run/netns/a",
    vmIfName: "eth0",
    vmMacAddr: "02:00:00:00:00:0a",
    vmMtu: 1500,
    vmIpConfigs: [
      { address: "fd00::2/64", gateway: "fd00::1" },
      { address: "10.0.0.2/24" },
    ],
    vmRoutes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1", mtu: 1300 }],
    vmNameservers: ["10.0.0.53"],
    vmDomain: "example",
    vmSearchDomains: ["a.example"],
    vmResolverOptions: ["ndots:2"],
  });
});

Deno.test("what the result does not say is not in the configuration", () => {
  const conf = convert({
    interfaces: [RESULT.interfaces[0], { name: "tap0", sandbox: "vm-1" }],
    routes: null,
    dns: null,
  });
  for (const field of ["vmIfName", "vmMacAddr", "vmDomain"]) {
    assertEquals(field in conf, false, field);
  }
  assertEquals(conf.vmRoutes, []);
  assertEquals(conf.vmNameservers, []);
});

Deno.test("the MTU comes from the result if the caller asks for it", () => {
  assertEquals(convert({}, { mtu: "result" }).vmMtu, 1400);
});

Deno.test("a function that gives the MTU is called with the tap", () => {
  const asked: unknown[] = [];
  const { vmMtu } = convert({}, {
    mtu: (tap) => {
      asked.push(tap);
      return 1234;
    },
  });
  assertEquals(vmMtu, 1234);
  assertEquals(asked, [{ netNSPath: "/run/netns/a", device: "tap0" }]);
});

Deno.test("an MTU that no link can have is refused, and so is a missing one", () => {
  for (const mtu of [0, 67, 65536, 1500.5, NaN]) {
    const { code, path } = failure({}, { mtu });
    assertEquals([code, path], ["invalid-mtu", "options.mtu"]);
  }
  const interfaces = [
    { ...RESULT.interfaces[0], mtu: 0 },
    RESULT.interfaces[1],
  ];
  const { message } = failure({ interfaces }, { mtu: "result" });
  assertEquals(
    message,
    "result.interfaces[0].mtu: expected an MTU of 68 to 65535 bytes, found nothing",
  );
});

Deno.test("without an address of the VM there is no configuration", () => {
  const ips = [{ interface: 0, address: "10.0.0.2/24" }];
  assertEquals(
    failure({ ips }).message,
    'expected to find 1 IP for vm interface "tap0", but instead found []',
  );
});

Deno.test("a MAC that no VMM can set is refused, with its path", () => {
  const interfaces = [RESULT.interfaces[0], {
    ...RESULT.interfaces[1],
    mac: "no-mac",
  }];
  const { code, path } = failure({ interfaces });
  assertEquals([code, path], ["invalid-mac", "result.interfaces[1].mac"]);
});

Deno.test("a MAC of an interface that is not the VM's may be anything", () => {
  const interfaces = [
    ...RESULT.interfaces,
    {
      name: "ib0",
      mac: "00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01",
    },
  ];
  assertEquals(convert({ interfaces }).tapName, "tap0");
});

Deno.test("a wrong MTU option is refused, and a function's wrong answer", () => {
  for (const mtu of ["kernel", "1500", null, true, {}]) {
    const options = { mtu } as unknown as StaticNetworkConfOptions;
    assertEquals(failure({}, options).code, "invalid-mtu");
  }
  for (const answer of [NaN, -1, 9e9]) {
    assertEquals(failure({}, { mtu: () => answer }).path, "options.mtu()");
  }
  assertEquals(convert({}, { mtu: () => 65536 }).vmMtu, 65536);
});

Deno.test("a tap without sandbox is in no namespace, whoever gives the MTU", () => {
  const interfaces = [{ name: "tap0" }, RESULT.interfaces[1]];
  const { code, message } = failure({ interfaces });
  assertEquals(code, "invalid-netns");
  assertEquals(message.startsWith('failed to find netns at path ""'), true);
});

Deno.test("a container id that is no string is refused", () => {
  const ids: unknown[] = [undefined, null, 5, ["vm-1"]];
  for (const id of ids) {
    const { code } = assertThrows(
      () => staticNetworkConfFrom(RESULT, id as string, { mtu: 1500 }),
      VmConfError,
    );
    assertEquals(code, "usage");
  }
});
