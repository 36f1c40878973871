/** QEMU itself is started with our arguments, and asked what it made of them. */
import { assertEquals, assertThrows } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import * as qemu from "../../src/formats/qemu.ts";
import type { FormatOptions } from "../../src/formats/format_table.ts";
import { quoteShellWord } from "../../src/formats/shell_words.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { run } from "../child.ts";
import { inSandbox, noSandbox, testUnless } from "../integration/sandbox.ts";
import { CASES, FULL } from "./cases.ts";
import { HOSTILE } from "./hostile.ts";

async function getRefusal(): Promise<string | undefined> {
  try {
    await run(["qemu-system-x86_64", "--version"]);
    return noSandbox;
  } catch {
    return "qemu-system-x86_64 is not installed";
  }
}

const noQemu = await getRefusal();

Deno.test("each interface is a tap and a device", () => {
  const { files: [file], lost } = qemu.render(CASES.twoNics);
  assertEquals(file, {
    name: "qemu.args",
    text: "-netdev tap,id=net0,ifname=tap0,script=no,downscript=no " +
      "-device virtio-net-pci,netdev=net0,mac=02:00:00:00:00:01,host_mtu=1400 " +
      "-netdev tap,id=net1,ifname=tap1,script=no,downscript=no " +
      "-device virtio-net-pci,netdev=net1,mac=02:00:00:00:00:02,host_mtu=9000\n",
  });
  assertEquals(lost, []);
});

Deno.test("a device that is none of virtio-net's is refused", () => {
  for (const qemuDevice of ["", "e1000", "virtio-net-pci,netdev=x"]) {
    const error = assertThrows(
      () => qemu.render(CASES.plain, { qemuDevice }),
      VmConfError,
    );
    assertEquals(error.code, "invalid-option");
    assertEquals(error.path, "options.qemuDevice");
  }
});

interface Reply {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

/** A network interface as QEMU has it. */
interface Device {
  readonly tap?: string;
  readonly mac: unknown;
  readonly mtu: unknown;
}

/** Starts QEMU on taps of the confs' names and asks it, over QMP, what it has. */
async function readBack(
  confs: readonly StaticNetworkConf[],
  machine: string,
  options: FormatOptions<"qemu">,
): Promise<Device[]> {
  const setup = confs.map(({ tapName }) =>
    `ip -n a tuntap add dev ${quoteShellWord(tapName)} mode tap`
  );
  const command = `exec ip netns exec a qemu-system-x86_64 -S -accel tcg \
-nodefaults -display none -machine ${machine} -qmp stdio ${
    qemu.render(confs, options).files[0]?.text
  }`;
  const requests = [
    { execute: "qmp_capabilities" },
    {
      execute: "human-monitor-command",
      arguments: { "command-line": "info network" },
    },
    ...confs.flatMap((_, index) =>
      ["mac", "host_mtu"].map((property) => ({
        execute: "qom-get",
        arguments: {
          path: `/machine/peripheral-anon/device[${index}]`,
          property,
        },
      }))
    ),
    { execute: "quit" },
  ];
  const { stdout, stderr } = await inSandbox(
    ["ip netns add a", ...setup].join("\n"),
    ["sh", "-c", command],
    { stdin: requests.map((request) => JSON.stringify(request)).join("\n") },
  );
  assertEquals(stderr, "");
  const [, network, ...values] = stdout.trim().split("\n")
    .map((line): Reply => JSON.parse(line))
    .filter((reply) => "return" in reply || "error" in reply)
    .map((reply) => reply.return ?? reply.error?.desc);
  const taps = [...String(network).matchAll(/ifname=(.*),script=no,/g)]
    .map(([, tap]) => tap);
  return confs.map((_, index) => ({
    tap: taps[index],
    mac: values[2 * index],
    mtu: values[2 * index + 1],
  }));
}

function expected(confs: readonly StaticNetworkConf[]): Device[] {
  return confs.map(({ tapName, vmMacAddr, vmMtu }) => ({
    tap: tapName,
    mac: vmMacAddr,
    mtu: vmMtu,
  }));
}

const MACHINES:
  readonly (readonly [machine: string, options: FormatOptions<"qemu">])[] = [
    ["q35", {}],
    ["microvm,pcie=on", { qemuDevice: "virtio-net-pci" }],
    ["microvm", { qemuDevice: "virtio-net-device" }],
  ];

for (const [machine, options] of MACHINES) {
  for (const [name, confs] of Object.entries(CASES)) {
    testUnless(
      noQemu,
      `QEMU's ${machine} has the tap, MAC and MTU of ${name}`,
      async () => {
        assertEquals(
          await readBack(confs, machine, options),
          expected(confs),
        );
      },
    );
  }
}

/** Names that a tap can have; ours refuses the others. */
function makeHostileTaps(): StaticNetworkConf[] {
  return HOSTILE.flatMap((text) => [text, `tap${text}`]).flatMap(
    (tapName, index) => {
      const conf = {
        ...FULL,
        tapName,
        vmIfName: `eth${index}`,
        vmMacAddr: `02:00:00:00:00:${index.toString(16).padStart(2, "0")}`,
      };
      try {
        qemu.render([conf]);
        return conf;
      } catch {
        return [];
      }
    },
  );
}

const AT_ONCE = 16;

testUnless(noQemu, "QEMU opens every tap by its very name", async () => {
  const confs = makeHostileTaps();
  assertEquals(confs.length > 60, true);
  for (let start = 0; start < confs.length; start += AT_ONCE) {
    const some = confs.slice(start, start + AT_ONCE);
    assertEquals(await readBack(some, "q35", {}), expected(some));
  }
});
