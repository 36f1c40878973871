/**
 * Debian's kernel boots with what we wrote, and is asked what it has: from the
 * inside, and from the outside by packets that may not be fragmented.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { FORMATS } from "../../src/formats/registry.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { repositoryPath, vmconf } from "../child.ts";
import { CASES } from "../formats/cases.ts";
import { inSandbox, testUnless } from "../integration/sandbox.ts";
import { boot, build, networkArgsOf } from "./guest.ts";
import { assertNetworks, networkOf, wantedOf } from "./network.ts";

const noGuest = await build("debian");

/** What initramfs-tools does with the parameter. */
const IPCONFIG = `for word in $(cat /proc/cmdline); do
  case $word in
    ip=*) ipconfig -t 5 "\${word#ip=}" ;;
  esac
done`;

function ipParameterOf(confs: readonly StaticNetworkConf[]): string {
  return FORMATS.ip.render(confs).files[0]?.text.trim() ?? "";
}

/** The configuration that the command makes of a genuine result, and of the kernel's MTU. */
async function converted(): Promise<StaticNetworkConf> {
  const result = repositoryPath("tests/vectors/real/ptp4.json");
  const setup = `ip netns add real1
ip -n real1 tuntap add dev tap0 mode tap
ip -n real1 link set dev tap0 mtu 1412`;
  const { stdout } = await inSandbox(
    setup,
    vmconf(
      ["--allow-read", "--allow-ffi"],
      ...["convert", result, "--container-id", "vm-ptp4", "--if-name", "eth0"],
    ),
  );
  return JSON.parse(stdout);
}

testUnless(
  noGuest,
  "a guest is on the network of a CNI result by ip= and QEMU's arguments",
  async () => {
    const conf = await converted();
    assertEquals(conf.vmMtu, 1412);
    const guest = await boot([conf], {
      append: ipParameterOf([conf]),
      apply: IPCONFIG,
    });
    assertNetworks(guest, [{ ...conf, vmRoutes: [] }]);
    assertMatch(
      guest.files["/run/net-eth0.conf"] ?? "",
      /^IPV4DNS0='10\.91\.1\.53'\nIPV4DNS1='1\.1\.1\.1'$/m,
    );
  },
);

testUnless(
  noGuest,
  "without host_mtu a guest on a tap of 1400 stays at 1500, though it answers",
  async () => {
    const guest = await boot(CASES.plain, {
      networkArgs: networkArgsOf(CASES.plain).map((arg) =>
        arg.replace(/,host_mtu=\d+/, "")
      ),
      append: ipParameterOf(CASES.plain),
      apply: IPCONFIG,
    });
    assertEquals(
      CASES.plain.map((conf) => networkOf(guest, conf)),
      CASES.plain.map((conf) => ({ ...wantedOf(conf), mtu: 1500 })),
    );
  },
);

testUnless(
  noGuest,
  "a guest on microvm has the MAC and MTU by virtio-mmio",
  async () => {
    const guest = await boot(CASES.plain, {
      machine: "microvm",
      append: ipParameterOf(CASES.plain),
      apply: IPCONFIG,
    });
    assertNetworks(guest, CASES.plain);
  },
);
