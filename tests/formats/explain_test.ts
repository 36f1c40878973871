import { assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { VmConfError } from "../../src/errors.ts";
import { explainIp, type IpReader } from "../../src/formats/explain.ts";
import { ipBootParam } from "../../src/formats/ip_param.ts";
import { bootableConf } from "../fuzz/arbitraries.ts";

function fieldsOf(text: string): Record<string, string> {
  const [explained] = explainIp(text);
  return Object.fromEntries(
    explained?.fields.map(({ name, value }) => [name, value]) ?? [],
  );
}

/** Who takes the last parameter otherwise than it is meant. */
function misreaders(text: string): string {
  const readers = explainIp(text)[0]?.readers ?? {};
  return Object.entries(readers).filter(([, notes]) => notes.length > 0)
    .map(([reader]) => reader as IpReader).join(" ");
}

Deno.test("each field has its name", () => {
  assertEquals(
    fieldsOf("ip=10.0.0.2:10.0.0.9:10.0.0.1:255.255.255.0:vm:eth0:off:1.1.1.1"),
    {
      "client-ip": "10.0.0.2",
      "server-ip": "10.0.0.9",
      "gw-ip": "10.0.0.1",
      netmask: "255.255.255.0",
      hostname: "vm",
      device: "eth0",
      autoconf: "off",
      "dns0-ip": "1.1.1.1",
    },
  );
});

Deno.test("dracut's brackets, MTU and MAC are read as dracut does", () => {
  const { mtu, macaddr, ...rest } = fieldsOf(
    "ip=[fd00::2]::[fd00::1]:64::eth0:off:1400:02:00:00:00:00:01",
  );
  assertEquals([mtu, macaddr], ["1400", "02:00:00:00:00:01"]);
  assertEquals([rest["client-ip"], rest["gw-ip"]], ["fd00::2", "fd00::1"]);
});

Deno.test("a method alone, or behind a device, is one", () => {
  assertEquals(fieldsOf("ip=dhcp"), { autoconf: "dhcp" });
  assertEquals(fieldsOf("ip=eth0:dhcp"), { device: "eth0", autoconf: "dhcp" });
});

Deno.test("what is not named is taken for the value, and a line is searched", () => {
  assertEquals(
    fieldsOf("10.0.0.2:::255.255.255.0"),
    fieldsOf(
      "quiet ip=10.0.0.2:::255.255.255.0 -- ip=for-init",
    ),
  );
  assertEquals(explainIp("ip=10.0.0.2 ip=10.0.1.2").length, 2);
});

Deno.test("every trap is told to those who fall into it, and to no other", () => {
  const cases: [string, string][] = [
    ["ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off", ""],
    ["ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off:1.1.1.1:8.8.8.8", ""],
    ["ip=10.0.0.2::10.0.0.1:255.255.255.255::eth0:off", "kernel klibc"],
    ["ip=10.0.0.2::10.0.0.1:0.0.0.0::eth0:off", "kernel klibc"],
    ["ip=10.0.0.2::10.0.0.1:24::eth0:off", "kernel klibc"],
    ["ip=10.0.0.2::10.0.0.3:255.255.255.254::eth0:off", "kernel"],
    ["ip=10.0.0.2::10.0.1.1:255.255.255.0::eth0:off", "kernel"],
    [
      "ip=10.0.0.2::<nil>:255.255.255.0::eth0:off",
      "kernel klibc dracut systemd networkmanager",
    ],
    ["ip=[fd00::2]::[fd00::1]:64::eth0:off", "kernel klibc"],
    [
      "ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off:1400:02:00:00:00:00:01",
      "kernel klibc",
    ],
    ["ip=10.0.0.2::10.0.0.1:255.255.255.0:vm.example:eth0:off", "kernel"],
    ["ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:dhcp", "kernel klibc"],
    [
      "ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off:::",
      "systemd networkmanager",
    ],
    [
      "ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off:1.1.1.1::10.0.0.9",
      "systemd",
    ],
    [
      "ip=10.0.0.2:::255.255.255.0::eth0:off ip=10.0.1.2:::255.255.255.0::eth0:off",
      "kernel klibc dracut",
    ],
    [
      "ip=10.0.0.2:::255.255.255.0::eth0:off ip=10.0.1.2:::255.255.255.0::eth1:off",
      "kernel klibc",
    ],
    ["ip=eth0:dhcp", "kernel klibc"],
    ["ip=dhcp", ""],
    [
      `ip=10.0.0.2:::255.255.255.0::eth0:off x=${"x".repeat(2048)}`,
      "kernel",
    ],
  ];
  for (const [text, expected] of cases) {
    assertEquals(misreaders(text), expected, text);
  }
});

Deno.test("our own parameters are read back as what they were made of", () => {
  fc.assert(
    fc.property(bootableConf, (conf) => {
      const value = ipBootParam(conf);
      const fields = fieldsOf(`ip=${value}`);
      const [config] = conf.vmIpConfigs;
      assertEquals(fields["client-ip"], config?.address.split("/")[0]);
      assertEquals(fields["gw-ip"], config?.gateway ?? "");
      assertEquals(fields.device, conf.vmIfName ?? "");
      assertEquals(misreaders(`ip=${value}`), "");
    }),
    { numRuns: 300 },
  );
});

Deno.test("a line without the parameter, or with an open quote, is refused", () => {
  for (const text of ["", "quiet ro", 'ip="10.0.0.2']) {
    const { code } = assertThrows(() => explainIp(text), VmConfError);
    assertEquals(code, "invalid-option");
  }
});
