/**
 * The kernel's own reader of `ip=`, in a kernel that has it: boots with what we
 * write, and with what we refuse to write, to see that it is rightly refused.
 */
import { assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import * as ip from "../../src/formats/ip.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { CASES } from "../formats/cases.ts";
import { testUnless } from "../integration/sandbox.ts";
import { build } from "./builds.ts";
import {
  boot,
  type Guest,
  type GuestOptions,
  lineOf,
  type Machine,
} from "./guest.ts";
import { assertNetworks, networkOf } from "./network.ts";

const noGuest = await build("debian", "kernel");

type Confs = readonly StaticNetworkConf[];

function plainBut(changes: Partial<StaticNetworkConf>): Confs {
  return CASES.plain.map((conf) => ({ ...conf, ...changes }));
}

function withAddress(address: string, gateway?: string): Confs {
  return plainBut({ vmIpConfigs: [{ address, gateway }] });
}

function rendered(confs: Confs, bootArgs?: string): string {
  return ip.render(confs, { bootArgs }).files[0]?.text.trim() ?? "";
}

/** What the kernel made of its command line. */
interface Understood {
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  readonly nameservers: readonly string[];
}

function understood(guest: Guest, conf: StaticNetworkConf): Understood {
  const { addresses, routes } = networkOf(guest, conf);
  const pnp = guest.files["/proc/net/pnp"] ?? "";
  const nameservers = [...pnp.matchAll(/^nameserver (.*)$/gm)];
  return {
    addresses,
    routes,
    nameservers: nameservers.map(([, address = ""]) => address),
  };
}

/** Boots on taps of these configurations, with a command line of whatever origin. */
async function bootWith(
  append: string,
  confs: Confs = CASES.plain,
  options: GuestOptions = {},
): Promise<Guest> {
  return await boot(confs, {
    kernel: "kernel",
    machine: "microvm",
    append,
    ...options,
  });
}

async function assertUnderstood(
  append: string,
  wanted: Partial<Understood>,
): Promise<void> {
  const guest = await bootWith(append);
  const nothing = { addresses: [], routes: [], nameservers: [] };
  assertEquals(
    CASES.plain.map((conf) => understood(guest, conf)),
    [{ ...nothing, ...wanted }],
    guest.log,
  );
}

const MACHINES: readonly Machine[] = ["q35", "microvm"];

for (const machine of MACHINES) {
  testUnless(
    noGuest,
    `on ${machine} the kernel reads our ip= as it was meant`,
    async () => {
      const confs = CASES.plain;
      const guest = await bootWith(rendered(confs), confs, { machine });
      assertNetworks(guest, confs);
      assertEquals(
        confs.map((conf) => understood(guest, conf).nameservers),
        confs.map(({ vmNameservers }) => vmNameservers),
      );
    },
  );
}

/** Configurations whose line ends early, in one way or another. */
const TRIMMED: Readonly<Record<string, Confs>> = {
  "without nameserver": plainBut({ vmNameservers: [] }),
  "without device": plainBut({ vmIfName: undefined, vmNameservers: [] }),
  "without gateway": withAddress("10.0.0.2/24"),
  "with two nameservers": plainBut({
    vmNameservers: ["10.0.0.53", "fd00::53", "10.0.0.54", "10.0.0.55"],
  }),
};

for (const [name, confs] of Object.entries(TRIMMED)) {
  testUnless(noGuest, `the kernel reads our ip= ${name}`, async () => {
    const line = rendered(confs);
    assertEquals(line.endsWith(":"), false);
    const guest = await bootWith(line);
    assertNetworks(guest, confs);
    assertEquals(
      confs.map((conf) => understood(guest, conf).nameservers),
      confs.map(({ vmNameservers }) =>
        vmNameservers.filter((ip) => !ip.includes(":")).slice(0, 2)
      ),
    );
  });
}

testUnless(
  noGuest,
  "the kernel reads our ip= of a subnet of two, without gateway",
  async () => {
    const confs = withAddress("10.0.0.2/31");
    const withHost = withAddress("10.0.0.2/31", "10.0.0.3");
    assertNetworks(await bootWith(rendered(confs), withHost), confs);
  },
);

/** A configuration that is refused, and what the kernel makes of it. */
interface Refusal {
  readonly confs: Confs;
  /** What a writer without doubts would have put on the command line. */
  readonly line: string;
  readonly misread: Partial<Understood>;
}

const REFUSED: Readonly<Record<string, Refusal>> = {
  "a /32 becomes a /8 that the gateway is not in": {
    confs: CASES.onLink,
    line: "ip=10.0.0.2::169.254.1.1:255.255.255.255::eth0:off",
    misread: { addresses: ["10.0.0.2/8"] },
  },
  "a /0 becomes a /8": {
    confs: withAddress("10.0.0.2/0"),
    line: "ip=10.0.0.2:::0.0.0.0::eth0:off",
    misread: { addresses: ["10.0.0.2/8"] },
  },
  "a /31 loses its gateway": {
    confs: withAddress("10.0.0.2/31", "10.0.0.3"),
    line: "ip=10.0.0.2::10.0.0.3:255.255.255.254::eth0:off",
    misread: { addresses: ["10.0.0.2/31"] },
  },
  "a gateway outside the subnet is lost": {
    confs: withAddress("10.0.0.2/24", "192.0.2.1"),
    line: "ip=10.0.0.2::192.0.2.1:255.255.255.0::eth0:off",
    misread: { addresses: ["10.0.0.2/24"] },
  },
  "the subnet's broadcast address as gateway is lost": {
    confs: withAddress("10.0.0.2/24", "10.0.0.255"),
    line: "ip=10.0.0.2::10.0.0.255:255.255.255.0::eth0:off",
    misread: { addresses: ["10.0.0.2/24"] },
  },
  "the guest's own address as gateway leads nowhere": {
    confs: withAddress("10.0.0.2/24", "10.0.0.2"),
    line: "ip=10.0.0.2::10.0.0.2:255.255.255.0::eth0:off",
    misread: {
      addresses: ["10.0.0.2/24"],
      routes: ["default via 10.0.0.2"],
    },
  },
  "IPv6 becomes an invented address and nameserver": {
    confs: withAddress("fd00::2/64", "fd00::1"),
    line: "ip=[fd00::2]::[fd00::1]:64::eth0:off",
    misread: { addresses: ["240.0.0.0/32"], nameservers: ["64.0.0.0"] },
  },
  "the address of a group is set nowhere": {
    confs: withAddress("224.0.0.2/24"),
    line: "ip=224.0.0.2:::255.255.255.0::eth0:off",
    misread: {},
  },
  "the address of no host is set nowhere": {
    confs: withAddress("0.0.0.0/24"),
    line: "ip=0.0.0.0:::255.255.255.0::eth0:off",
    misread: {},
  },
  "a quote in the device's name swallows the rest of the line": {
    confs: plainBut({ vmIfName: 'et"h0' }),
    line: 'ip=10.0.0.2::10.0.0.1:255.255.255.0::et"h0:off',
    misread: {},
  },
};

for (const [name, { confs, line, misread }] of Object.entries(REFUSED)) {
  testUnless(noGuest, `what is refused: ${name}`, async () => {
    assertThrows(() => rendered(confs), VmConfError);
    await assertUnderstood(line, misread);
  });
}

testUnless(
  noGuest,
  "what is refused: a space in the device's name injects parameters",
  async () => {
    const vmIfName = "eth0 rdinit=/x";
    assertThrows(() => rendered(plainBut({ vmIfName })), VmConfError);
    const guest = await bootWith(
      `ip=10.0.0.2::10.0.0.1:255.255.255.0::${vmIfName}:off`,
      CASES.plain,
      {
        files: { "/x:off": "#!/bin/sh\n>/injected\nexec /init" },
        apply: "ls /injected",
      },
    );
    assertEquals(guest.applied, "/injected\nexit code 0\n");
  },
);

testUnless(
  noGuest,
  "what is refused: of two ip= the first interface gets none",
  async () => {
    const [first = "", second = ""] = CASES.twoNics.map((conf) =>
      rendered([conf])
    );
    assertThrows(() => rendered(CASES.plain, second), VmConfError);
    const guest = await bootWith(`${first} ${second}`, CASES.twoNics);
    assertEquals(
      CASES.twoNics.map((conf) => networkOf(guest, conf).addresses),
      [[], ["172.16.0.2/20"]],
    );
  },
);

/** What others write, beside what we write of the same configuration. */
const OTHERS: Readonly<Record<string, Omit<Refusal, "confs">>> = {
  "a prefix length as mask": {
    line: "ip=10.0.0.2::10.0.0.1:24::eth0:off",
    misread: { addresses: ["10.0.0.2/8"] },
  },
  "<nil> as gateway": {
    line: "ip=10.0.0.2::<nil>:255.255.255.0::eth0:off",
    misread: { addresses: ["10.0.0.2/24"] },
  },
  "dracut's fields for MTU and MAC": {
    line:
      "ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:off:1400:02:00:00:00:00:01",
    misread: {
      addresses: ["10.0.0.2/24"],
      routes: ["default via 10.0.0.1"],
      nameservers: ["120.0.0.0", "2.0.0.0"],
    },
  },
};

for (const [name, { line, misread }] of Object.entries(OTHERS)) {
  testUnless(noGuest, `what others write: ${name} is misread`, async () => {
    await assertUnderstood(line, misread);
  });
}

testUnless(
  noGuest,
  "what is warned of: a line of more than 2047 bytes is cut, and the mask with it",
  async () => {
    const wholeMask = "255.255.255.0";
    const padding = (length: number) => `x=${"x".repeat(length - 2)}`;
    const keptOf = (bootArgs: string) => {
      const line = lineOf({
        machine: "microvm",
        append: rendered(CASES.plain, bootArgs),
      });
      return line.indexOf(wholeMask) + "255.".length;
    };
    const bootArgs = padding(2047 - keptOf(padding(2)) + 2);
    const { lost } = ip.render(CASES.plain, {
      bootArgs: lineOf({ machine: "microvm", append: bootArgs }),
    });
    assertEquals(
      lost.filter(({ field }) => field === "options.bootArgs").length,
      1,
    );
    await assertUnderstood(rendered(CASES.plain, bootArgs), {
      addresses: ["10.0.0.2/8"],
      routes: ["default via 10.0.0.1"],
    });
  },
);
