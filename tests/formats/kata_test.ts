/**
 * There is no binary of Kata's agent in Debian: its requests are compared with
 * schemas written from its protocol, and the kernel gets what the agent would ask.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "../fast_check.ts";
import { VmConfError } from "../../src/errors.ts";
import * as kata from "../../src/formats/kata.ts";
import { type Nic, parseNics } from "../../src/formats/nic.ts";
import { printCidr } from "../../src/ip/address.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";
import { CASES, FULL } from "./cases.ts";
import { makeHostileConfs } from "./hostile.ts";
import {
  assertFits,
  KATA_UPDATE_INTERFACE,
  KATA_UPDATE_ROUTES,
} from "./schemas.ts";
import { validConfs } from "./valid_confs.ts";

interface Requests {
  readonly UpdateInterface: readonly {
    readonly interface: {
      readonly name: string;
      readonly IPAddresses: readonly {
        readonly address: string;
        readonly mask: string;
      }[];
      readonly mtu: number;
      readonly hwAddr: string;
    };
  }[];
  readonly UpdateRoutes: {
    readonly routes: { readonly Routes: kata.KataRoute[] };
  };
}

function render(confs: readonly StaticNetworkConf[]) {
  const { files: [main, ...companions], lost } = kata.render(confs);
  assert(main);
  const requests: Requests = JSON.parse(main.text);
  for (const body of requests.UpdateInterface) {
    assertFits(KATA_UPDATE_INTERFACE, body);
  }
  assertFits(KATA_UPDATE_ROUTES, requests.UpdateRoutes);
  assertEquals(
    companions.map(({ text }) => JSON.parse(text)),
    [...requests.UpdateInterface, requests.UpdateRoutes],
  );
  return {
    interfaces: requests.UpdateInterface.map((body) => body.interface),
    routes: requests.UpdateRoutes.routes.Routes,
    lost,
  };
}

Deno.test("an interface and its route are one request each", () => {
  const { interfaces, routes } = render(CASES.plain);
  assertEquals<unknown>(interfaces, [{
    device: "eth0",
    name: "eth0",
    IPAddresses: [{ family: 0, address: "10.0.0.2", mask: "24" }],
    mtu: 1400,
    hwAddr: "02:00:00:00:00:01",
  }]);
  assertEquals(routes, [
    { dest: "0.0.0.0/0", gateway: "10.0.0.1", device: "eth0", family: 0 },
  ]);
  assertEquals(kata.render(CASES.plain).files.map(({ name }) => name), [
    "kata.json",
    "UpdateInterface/eth0.json",
    "UpdateRoutes.json",
  ]);
});

Deno.test("a gateway outside the subnet gets a route to stand on", () => {
  assertEquals(render(CASES.onLink).routes, [
    { dest: "169.254.1.1/32", device: "eth0", scope: 253, family: 0 },
    { dest: "0.0.0.0/0", gateway: "169.254.1.1", device: "eth0", family: 0 },
  ]);
});

Deno.test("an interface without MAC would not be found, and is refused", () => {
  const { vmMacAddr: _, ...conf } = FULL;
  const error = assertThrows(() => kata.render([conf]), VmConfError);
  assertEquals([error.code, error.path], [
    "not-representable",
    "conf.vmMacAddr",
  ]);
});

Deno.test("an interface without name may not get another's by default", () => {
  const [first, second] = CASES.twoNics;
  assert(first && second);
  const { vmIfName: _, ...unnamed } = second;
  const error = assertThrows(
    () => kata.render([{ ...first, vmIfName: "eth1" }, unnamed]),
    VmConfError,
  );
  assertEquals([error.code, error.path], ["invalid-conf", "confs[1].vmIfName"]);
});

Deno.test("what the agent does not support is lost, and never means something else", () => {
  const { routes, lost } = render([FULL]);
  assertEquals(lost.map(({ field }) => field), [
    "vmRoutes[2].priority",
    "vmRoutes[6].priority",
    "vmRoutes[1].mtu",
    "vmRoutes[6].mtu",
    "vmRoutes[1].advmss",
    "vmRoutes[6].advmss",
    "vmRoutes[3].table",
    "vmNameservers",
    "vmDomain",
    "vmSearchDomains",
    "vmResolverOptions",
    "vmRoutes[3]",
  ]);
  assertEquals(routes.some(({ dest }) => dest === "10.3.0.0/16"), false);
});

Deno.test("of several routes to one destination, the preferred one is written", () => {
  const vmRoutes = [
    { dst: "10.1.0.0/16", gw: "10.0.0.8", priority: 20 },
    { dst: "10.1.0.0/16", gw: "10.0.0.9", priority: 10 },
  ];
  const { routes, lost } = render([{ ...FULL, vmRoutes }]);
  assertEquals(
    routes.find(({ dest }) => dest === "10.1.0.0/16")?.gateway,
    "10.0.0.9",
  );
  assertEquals(lost.at(-1)?.field, "vmRoutes[0]");
  assertEquals(
    render(CASES.twoNics).lost.at(-1)?.field,
    "confs[1].vmIpConfigs[0].gateway",
  );
});

Deno.test("a gateway that another interface leads to is lost with its routes", () => {
  const [first, second] = CASES.twoNics;
  assert(first && second);
  const vmIpConfigs = (address: string) => ({
    vmIpConfigs: [{ address, gateway: "169.254.1.1" }],
  });
  const { routes, lost } = render([
    { ...first, ...vmIpConfigs("10.0.0.2/32") },
    { ...second, ...vmIpConfigs("10.0.0.3/32") },
  ]);
  assertEquals(routes.map(({ device }) => device), ["eth0", "eth0"]);
  assertEquals(lost.map(({ field }) => field), [
    "confs[0].vmNameservers",
    "confs[1].vmRoutes[0]",
    "confs[1].vmIpConfigs[0].gateway",
  ]);
});

Deno.test("a route in the scope of the link has no next hop", () => {
  const vmRoutes = [{ dst: "10.9.0.0/16", scope: 253 }];
  assertEquals(
    render([{ ...FULL, vmRoutes }]).routes.find(({ scope }) => scope === 253),
    { dest: "10.9.0.0/16", device: "eth0", scope: 253, family: 0 },
  );
});

/** What the agent does, as commands of `ip`: src/agent/src/netlink.rs. */
function writeCommands(
  { interfaces, routes }: ReturnType<typeof render>,
): string {
  const links = interfaces.flatMap(({ name, mtu, hwAddr, IPAddresses }) => [
    `ip tuntap add dev ${name} mode tap`,
    `ip link set ${name} address ${hwAddr}`,
    ...IPAddresses.map(({ address, mask }) =>
      `ip address add ${address}/${mask} dev ${name}`
    ),
    `ip link set ${name} mtu ${mtu} up`,
  ]);
  const inOrder = [
    ...routes.filter(({ gateway }) => gateway === undefined),
    ...routes.filter(({ gateway }) => gateway !== undefined),
  ];
  return [
    ...links,
    ...inOrder.map(({ dest, gateway, device, scope = 0, family }) =>
      `ip -${family === 0 ? 4 : 6} route add ${dest} ${
        gateway === undefined ? "" : `via ${gateway}`
      } dev ${device} ${family === 0 ? `scope ${scope}` : ""}`
    ),
  ].join("\n");
}

/** A route as `ip -j` shows it. */
interface Shown {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev: string;
  readonly protocol: string;
}

async function readKernelRoutes(setup: string): Promise<string[]> {
  const { code, stdout, stderr } = await inSandbox(setup, [
    "sh",
    "-c",
    "ip -j -4 route && ip -j -6 route",
  ]);
  assertEquals([code, stderr], [0, ""]);
  return stdout.trim().split("\n")
    .flatMap((line): Shown[] => JSON.parse(line))
    .filter(({ protocol }) => protocol !== "kernel")
    .map(({ dst, gateway, dev }) => `${dst} ${gateway} ${dev}`)
    .toSorted();
}

/** The routes that the conf has, as the kernel would show them. */
function listWanted(nics: readonly Nic[]): string[] {
  return nics.flatMap(({ nameOrDefault, routes }) =>
    routes.map(({ dst, via }) => {
      const { length } = ["0.0.0.0", "::"].filter((all) => all === dst.text);
      return `${
        length === 0 ? printCidr(dst) : "default"
      } ${via?.text} ${nameOrDefault}`;
    })
  );
}

for (
  const [name, extra, missing] of [
    ["plain", [], []],
    ["dualStack", [], []],
    ["onLink", ["169.254.1.1 undefined eth0"], []],
    ["twoNics", [], ["default 172.16.0.1 eth1"]],
  ] as const
) {
  testUnless(
    noSandbox,
    `the kernel takes what the agent would ask of it: ${name}`,
    async () => {
      const confs = CASES[name];
      const left: readonly string[] = missing;
      assertEquals(
        await readKernelRoutes(writeCommands(render(confs))),
        [...listWanted(parseNics(confs)), ...extra]
          .filter((route) => !left.includes(route)).toSorted(),
      );
    },
  );
}

Deno.test("a hostile value is refused with its path, or read back", () => {
  for (const { field, value, conf } of makeHostileConfs()) {
    try {
      const { interfaces: [found] } = render([conf]);
      const name = field === "vmIfName" && value !== "" ? value : "eth0";
      assertEquals(found?.name, name);
    } catch (error) {
      assert(error instanceof VmConfError, String(error));
      assertEquals(error.path, `conf.${field}`);
    }
  }
});

Deno.test("any VM's routes go to as many destinations, each of them once", () => {
  fc.assert(
    fc.property(validConfs, (confs) => {
      const { interfaces, routes } = render(confs);
      assertEquals(interfaces.length, confs.length);
      const destinations = routes.map(({ dest }) => dest);
      assertEquals(new Set(destinations).size, destinations.length);
    }),
    { numRuns: 200 },
  );
});
