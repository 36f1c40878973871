import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "../fast_check.ts";
import { VmConfError } from "../../src/errors.ts";
import * as dracut from "../../src/formats/dracut.ts";
import { DIALECTS } from "../../src/formats/dracut_dialects.ts";
import { parseNics } from "../../src/formats/nic.ts";
import { printCidr } from "../../src/ip/address.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { READERS } from "../consumers/command_line.ts";
import { noConsumers, runInConsumers } from "../consumers/consumers.ts";
import { EXPECTED } from "../consumers/kernel.ts";
import { testUnless } from "../integration/sandbox.ts";
import { CASES, FULL } from "./cases.ts";
import { predictState } from "./kernel_state.ts";
import { assertRefusedOrHarmless } from "./refusals.ts";
import { validConfs } from "./valid_confs.ts";

const [PLAIN] = CASES.plain;
const [DUAL_STACK] = CASES.dualStack;
assert(PLAIN && DUAL_STACK);

function renderLine(
  confs: readonly StaticNetworkConf[],
  dialect?: string,
): string {
  return dracut.render(confs, { dialect }).files[0]?.text.trim() ?? "";
}

function listLost(confs: readonly StaticNetworkConf[], dialect: string) {
  return dracut.render(confs, { dialect }).lost.map(({ field }) => field);
}

Deno.test("each parameter is written in the form that every reader accepts", () => {
  assertEquals(
    renderLine([PLAIN]),
    "rd.neednet=1 ifname=eth0:02:00:00:00:00:01 " +
      "ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off:1400:02:00:00:00:00:01 " +
      "nameserver=10.0.0.53",
  );
  assertEquals(
    renderLine([DUAL_STACK], "systemd"),
    "ifname=eth0:02:00:00:00:00:01 " +
      "ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off:1400:02:00:00:00:00:01 " +
      "ip=[fd00::2]::[fd00::1]:64::eth0:off " +
      "rd.route=10.1.0.0/16:10.0.0.9:eth0 rd.route=[fd01::/48]:[fd00::9]:eth0 " +
      "nameserver=10.0.0.53 nameserver=fd00::53",
  );
});

Deno.test("a device without name is any device, unless a route needs its name", () => {
  const { vmIfName: _, ...conf } = PLAIN;
  assertEquals(
    renderLine([conf], "systemd"),
    "ip=10.0.0.2::10.0.0.1:255.255.255.0:::off:1400:02:00:00:00:00:01 " +
      "nameserver=10.0.0.53",
  );
  const vmRoutes = [{ dst: "10.1.0.0/16", scope: 253 }];
  assert(
    renderLine([{ ...conf, vmRoutes }]).includes("rd.route=10.1.0.0/16::eth0"),
  );
});

/** How the parameters of the plain case's device end. */
const ETH0 = "eth0:off:1400:02:00:00:00:00:01";

Deno.test("each family's first address has its gateway, and no other one has", () => {
  const vmIpConfigs = [
    { address: "10.0.0.2/24", gateway: "10.0.0.1" },
    { address: "10.0.1.2/24" },
    { address: "fd00::2/64" },
    { address: "fd00::3/64", gateway: "fd00::1" },
  ];
  assertEquals(
    renderLine([{ ...PLAIN, vmIpConfigs }], "systemd"),
    `ifname=eth0:02:00:00:00:00:01 ip=10.0.0.2::10.0.0.1:255.255.255.0::${ETH0} ` +
      "ip=10.0.1.2:::255.255.255.0::eth0:off " +
      "ip=[fd00::2]::[fd00::1]:64::eth0:off ip=[fd00::3]:::64::eth0:off " +
      "nameserver=10.0.0.53",
  );
});

Deno.test("a default route that no address can have gets its own parameter", () => {
  const withoutAddress = [{ dst: "::/0", gw: "fe80::1" }];
  assertEquals(
    renderLine([{ ...PLAIN, vmRoutes: withoutAddress }], "systemd"),
    `ifname=eth0:02:00:00:00:00:01 ip=10.0.0.2::10.0.0.1:255.255.255.0::${ETH0} ` +
      "rd.route=[::/0]:[fe80::1]:eth0 nameserver=10.0.0.53",
  );
  const withoutGateway = [{ dst: "0.0.0.0/0", scope: 253 }];
  assertEquals(
    renderLine([{ ...PLAIN, vmRoutes: withoutGateway }]),
    `rd.neednet=1 ifname=eth0:02:00:00:00:00:01 ip=10.0.0.2:::255.255.255.0::${ETH0} ` +
      "rd.route=0.0.0.0/0::eth0 nameserver=10.0.0.53",
  );
});

Deno.test("several interfaces have names, and the routes of their own", () => {
  const confs = CASES.twoNics.map(({ vmIfName: _, ...conf }) => ({
    ...conf,
    vmNameservers: ["10.0.0.53"],
  }));
  assertEquals(
    renderLine(confs, "systemd"),
    `ifname=eth0:02:00:00:00:00:01 ip=10.0.0.2::10.0.0.1:255.255.255.0::${ETH0} ` +
      "ifname=eth1:02:00:00:00:00:02 " +
      "ip=172.16.0.2:::255.255.240.0::eth1:off:9000:02:00:00:00:00:02 " +
      "rd.route=192.168.0.0/16:172.16.0.1:eth1 nameserver=10.0.0.53",
  );
});

Deno.test("dracut itself has the IPv4 address with a gateway, and what it leads to", () => {
  const conf = {
    ...PLAIN,
    vmIpConfigs: [
      { address: "fd00::2/64", gateway: "fd00::1" },
      { address: "10.0.0.2/24" },
      { address: "10.0.1.2/24", gateway: "10.0.1.1" },
      { address: "10.0.2.2/24", gateway: "10.0.2.1" },
    ],
    vmRoutes: [{ dst: "10.5.0.0/16", gw: "10.0.0.9" }],
  };
  assertEquals(
    renderLine([conf]),
    `rd.neednet=1 ifname=eth0:02:00:00:00:00:01 ip=10.0.1.2::10.0.1.1:255.255.255.0::${ETH0} ` +
      "rd.route=10.0.0.9/32::eth0 rd.route=10.5.0.0/16:10.0.0.9:eth0 " +
      "nameserver=10.0.0.53",
  );
  assertEquals(listLost([conf], "dracut"), [
    "vmIpConfigs[3].gateway",
    "vmIpConfigs[0]",
    "vmIpConfigs[1]",
    "vmIpConfigs[3]",
  ]);
  const vmIpConfigs = [{ address: "fd00::2/64" }, { address: "10.0.0.2/24" }];
  assert(renderLine([{ ...PLAIN, vmIpConfigs }]).includes(" ip=10.0.0.2:::"));
  assert(
    renderLine([{ ...PLAIN, vmIpConfigs: vmIpConfigs.slice(0, 1) }])
      .includes(" ip=[fd00::2]:::"),
  );
});

Deno.test("a nameserver that the reader would leave out is lost", () => {
  const conf = {
    ...PLAIN,
    vmNameservers: ["fe80::53", "10.0.0.53", "fd00::53"],
  };
  const servers = (dialect: string) =>
    renderLine([conf], dialect).match(/(?<=nameserver=)\S+/g);
  const lost = (dialect: string) =>
    listLost([conf], dialect).filter((field) => field.startsWith("vmName"));
  for (const dialect of ["dracut", "systemd"]) {
    assertEquals(servers(dialect), ["10.0.0.53", "fd00::53"]);
    assertEquals(lost(dialect), ["vmNameservers[0]"]);
  }
  assertEquals(servers("networkmanager"), ["10.0.0.53"]);
  assertEquals(lost("networkmanager"), [
    "vmNameservers[0]",
    "vmNameservers[2]",
  ]);
});

Deno.test("the parameters go into a command line, before what is for init", () => {
  const bootArgs = "console=ttyS0 -- single";
  const { files } = dracut.render([PLAIN], { bootArgs, dialect: "systemd" });
  assertEquals(
    files[0]?.text,
    `console=ttyS0 ${renderLine([PLAIN], "systemd")} -- single\n`,
  );
});

Deno.test("an unknown dialect is refused", () => {
  for (const dialect of ["", "kernel", "toString"]) {
    const { code, path } = assertThrows(
      () => dracut.render([PLAIN], { dialect }),
      VmConfError,
    );
    assertEquals([code, path], ["invalid-option", "options.dialect"]);
  }
});

/** What a guest's kernel should know, so far as the dialect can tell it. */
function expectState(name: keyof typeof EXPECTED, dialect: string): string[] {
  return EXPECTED[name]
    .filter((line) =>
      !line.includes(" table ") && !line.includes("metric 1025")
    )
    .filter((line) => dialect !== "dracut" || !/fd0\d:/.test(line))
    .flatMap((line) =>
      toGateway(line.replace(/ (?:metric|mtu 1300|scope).*/, ""))
    )
    .sort();
}

/** A gateway outside the subnet has a route of its own. */
function toGateway(line: string): string[] {
  const [, device, gateway] = /^(\w+) route .* via (\S+) onlink$/.exec(line) ??
    [];
  if (gateway === undefined) return [line];
  return [line.replace(" onlink", ""), `${device} route ${gateway}`];
}

for (const [dialect, reads] of Object.entries(READERS)) {
  for (const [name, confs] of Object.entries({ ...CASES, full: [FULL] })) {
    testUnless(
      noConsumers,
      `${dialect} makes of ${name} what it should`,
      async () => {
        const { kernel, nameservers } = await reads(
          renderLine(confs, dialect),
          confs,
        );
        assertEquals(
          kernel,
          expectState(name as keyof typeof EXPECTED, dialect),
        );
        assertEquals(
          nameservers.toSorted(),
          confs[0]?.vmNameservers.toSorted(),
        );
      },
    );
  }
}

/** What depends on the dialect: the lost fields of each, and what is left. */
const SITUATIONS: readonly {
  readonly name: string;
  readonly changes: Partial<StaticNetworkConf>;
  readonly lost: Readonly<Record<string, readonly string[]>>;
}[] = [
  {
    name: "several addresses of a family, the second with the gateway",
    changes: {
      vmIpConfigs: [
        { address: "10.0.0.2/24" },
        { address: "10.8.0.2/24", gateway: "10.8.0.1" },
      ],
      vmRoutes: [{ dst: "10.9.0.0/16", gw: "10.8.0.9" }],
    },
    lost: { dracut: ["vmIpConfigs[0]"], systemd: [], networkmanager: [] },
  },
  {
    name: "IPv6 alone, by a gateway outside the subnet",
    changes: {
      vmIpConfigs: [{ address: "fd00::2/128", gateway: "fd08::1" }],
      vmNameservers: ["fd00::53"],
    },
    lost: { dracut: [], systemd: [], networkmanager: [] },
  },
  {
    name: "a link-local next hop, and a link-local nameserver",
    changes: {
      vmIpConfigs: [{ address: "fd00::2/64", gateway: "fe80::1" }],
      vmNameservers: ["fe80::53"],
    },
    lost: {
      dracut: ["vmNameservers[0]"],
      systemd: ["vmNameservers[0]"],
      networkmanager: ["vmNameservers[0]"],
    },
  },
  {
    name: "routes and nameservers of a family without address",
    changes: {
      vmRoutes: [{ dst: "fd01::/48" }],
      vmNameservers: ["10.0.0.53", "fd00::53"],
    },
    lost: {
      dracut: ["vmRoutes[0]"],
      systemd: [],
      networkmanager: ["vmRoutes[0]", "vmNameservers[1]"],
    },
  },
  {
    name: "a default route on the link itself",
    changes: {
      vmIpConfigs: [{ address: "10.0.0.2/24" }],
      vmRoutes: [{ dst: "0.0.0.0/0" }],
    },
    lost: { dracut: [], systemd: ["vmRoutes[0]"], networkmanager: [] },
  },
];

for (const { name, changes, lost } of SITUATIONS) {
  for (const [dialect, reads] of Object.entries(READERS)) {
    testUnless(noConsumers, `${dialect} and ${name}`, async () => {
      const conf = { ...PLAIN, ...changes };
      assertEquals(listLost([conf], dialect), lost[dialect]);
      const { kernel, nameservers } = await reads(
        renderLine([conf], dialect),
        [conf],
      );
      const isLost = (field: string) => lost[dialect]?.includes(field);
      const wanted = predictState([{
        ...conf,
        vmIpConfigs: conf.vmIpConfigs.filter((_, index) =>
          !isLost(`vmIpConfigs[${index}]`)
        ),
        vmRoutes: conf.vmRoutes.filter((_, index) =>
          !isLost(`vmRoutes[${index}]`)
        ),
      }]);
      assertEquals(kernel, wanted.flatMap(toGateway).sort());
      assertEquals(
        nameservers,
        conf.vmNameservers.filter((_, index) =>
          !isLost(`vmNameservers[${index}]`)
        ),
      );
    });
  }
}

testUnless(
  noConsumers,
  "dracut itself accepts no second ip= for a device",
  async () => {
    const line = renderLine([DUAL_STACK], "systemd");
    const complaint = await READERS.dracut?.(line, [DUAL_STACK])
      .then(() => "", (error: Error) => error.message) ?? "";
    assert(complaint.includes("Duplication configurations for 'eth0'"));
  },
);

testUnless(
  noConsumers,
  "systemd-network-generator understands the command line of any VM",
  async () => {
    const vms = fc.sample(validConfs, 100).map((confs) =>
      confs.map((conf, index) => ({ ...conf, vmIfName: `net${index}` }))
    );
    const { stdout, stderr } = await runInConsumers(
      [{
        name: "lines",
        text: vms.map((confs) => `${renderLine(confs, "systemd")}\n`).join(""),
      }],
      `while read line; do
  rm -rf /tmp/root
  /lib/systemd/systemd-network-generator --root=/tmp/root -- $line || echo "$line" >&2
  cat /tmp/root/run/systemd/network/*.network | grep '^Address=' | LC_ALL=C sort | tr '\n' ' '
  echo
done <lines`,
    );
    assertEquals(stderr, "");
    assertEquals(
      stdout.trim().split("\n").map((line) => line.trim()),
      vms.map((confs) =>
        parseNics(confs).flatMap(({ addresses }) =>
          addresses.map(({ cidr }) => `Address=${printCidr(cidr)}`)
        ).sort().join(" ")
      ),
    );
  },
);

Deno.test("no hostile value gets into a command line", () => {
  for (const dialect of Object.keys(DIALECTS)) {
    assertRefusedOrHarmless(
      { ...dracut, render: (confs) => dracut.render(confs, { dialect }) },
      ({ text }) =>
        text.trimEnd().split(" ").every((word) =>
          /^(?:rd\.neednet=1|(?:ip|ifname|nameserver|rd(?:\.\w+)+)=[\w.:/[\]-]+)$/
            .test(word)
        ),
    );
  }
});
