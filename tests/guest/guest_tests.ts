/**
 * Debian's kernel boots with what we wrote, and is asked what it has: from the
 * inside, and from the outside by packets that may not be fragmented.
 */
import { assertEquals, assertMatch } from "@std/assert";
import * as cloudInit from "../../src/formats/cloud_init.ts";
import type { RenderResult } from "../../src/formats/format.ts";
import * as ip from "../../src/formats/ip.ts";
import * as ipBatch from "../../src/formats/ip_batch.ts";
import * as networkd from "../../src/formats/networkd.ts";
import * as resolvConf from "../../src/formats/resolv_conf.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { repositoryPath, vmconf } from "../child.ts";
import { CASES } from "../formats/cases.ts";
import { inSandbox, testUnless } from "../integration/sandbox.ts";
import { build } from "./builds.ts";
import { boot, type Guest, networkArgsOf } from "./guest.ts";
import { assertNetworks, networkOf, wantedOf } from "./network.ts";
import { bootSystemd } from "./systemd.ts";

const noGuest = await build("debian");
const noSystemd = noGuest ?? await build("systemd");

type Confs = readonly StaticNetworkConf[];

/** What initramfs-tools does with the parameter. */
const IPCONFIG = `for word in $(cat /proc/cmdline); do
  case $word in
    ip=*) ipconfig -t 5 "\${word#ip=}" ;;
  esac
done`;

function ipParameterOf(confs: Confs): string {
  return ip.render(confs).files[0]?.text.trim() ?? "";
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

/** QEMU's arguments without what a guest can have from elsewhere too. */
function networkArgsWithout(confs: Confs, ...properties: string[]): string[] {
  const settings = new RegExp(`,(?:${properties.join("|")})=[^,]*`, "g");
  return networkArgsOf(confs).map((arg) => arg.replace(settings, ""));
}

testUnless(
  noGuest,
  "without mac and host_mtu a guest answers too, but has others: 1500 on a tap of 1400",
  async () => {
    const guest = await boot(CASES.plain, {
      networkArgs: networkArgsWithout(CASES.plain, "mac", "host_mtu"),
      append: ipParameterOf(CASES.plain),
      apply: IPCONFIG,
    });
    assertEquals(
      CASES.plain.map((conf) => networkOf(guest, conf)),
      CASES.plain.map((conf) => ({
        ...wantedOf(conf),
        mac: "52:54:00:12:34:56",
        mtu: 1500,
      })),
    );
  },
);

testUnless(
  noGuest,
  "a guest on microvm has its MAC and MTU by virtio-mmio",
  async () => {
    const guest = await boot(CASES.plain, {
      machine: "microvm",
      append: ipParameterOf(CASES.plain),
      apply: IPCONFIG,
    });
    assertNetworks(guest, CASES.plain);
  },
);

/** Two network interfaces, the first with IPv4, IPv6 and all of DNS. */
const TWO: Confs = [
  ...CASES.dualStack.map((conf) => ({
    ...conf,
    vmSearchDomains: ["example.com"],
    vmResolverOptions: ["ndots:2"],
  })),
  ...CASES.twoNics.slice(1),
];

/** The files of a format, in the folder where its reader looks for them. */
function filesIn(
  folder: string,
  { files }: RenderResult,
): Record<string, string> {
  return Object.fromEntries(
    files.map(({ name, text }) => [`${folder}/${name}`, text]),
  );
}

const RUN_BATCH = "ip -batch /root/ip.batch";

testUnless(
  noGuest,
  "ip -batch, run twice, brings up two interfaces with IPv4, IPv6, MACs and MTUs",
  async () => {
    const guest = await boot(TWO, {
      networkArgs: networkArgsWithout(TWO, "mac", "host_mtu"),
      files: {
        ...filesIn("/root", ipBatch.render(TWO)),
        ...filesIn("/etc", resolvConf.render(TWO)),
      },
      apply: `${RUN_BATCH} && ${RUN_BATCH}`,
    });
    assertEquals(guest.applied, "exit code 0\n");
    assertNetworks(guest, TWO);
    assertEquals(
      guest.files["/etc/resolv.conf"],
      "search example.com\nnameserver 10.0.0.53\nnameserver fd00::53\noptions ndots:2\n",
    );
  },
);

testUnless(
  noGuest,
  "ip -batch reaches a gateway outside the subnet, on the link",
  async () => {
    const guest = await boot(CASES.onLink, {
      files: filesIn("/root", ipBatch.render(CASES.onLink)),
      apply: RUN_BATCH,
    });
    assertNetworks(guest, CASES.onLink);
  },
);

/** The same by names that no kernel gives. */
const RENAMED: Confs = TWO.map((conf, index) => ({
  ...conf,
  vmIfName: `uplink${index}`,
}));

/** What networkd is to give to resolvers. */
function assertResolver(guest: Guest, confs: Confs): void {
  const listed = (key: "vmNameservers" | "vmSearchDomains") =>
    confs.flatMap((conf) => conf[key]).join(" ");
  assertMatch(
    guest.files["/run/systemd/netif/state"] ?? "",
    new RegExp(
      `^DNS=${listed("vmNameservers")}\nDOMAINS=${listed("vmSearchDomains")}$`,
      "m",
    ),
  );
}

const NETWORKD_UNITS = [
  "systemd-networkd.service",
  "systemd-networkd-wait-online.service",
];

testUnless(
  noSystemd,
  "systemd-networkd brings up two interfaces with IPv4, IPv6, names and MTUs",
  async () => {
    const guest = await bootSystemd(RENAMED, {
      networkArgs: networkArgsWithout(RENAMED, "host_mtu"),
      files: filesIn(
        "/etc/systemd/network",
        networkd.render(RENAMED),
      ),
      units: NETWORKD_UNITS,
    });
    assertNetworks(guest, RENAMED);
    assertResolver(guest, RENAMED);
  },
);

testUnless(
  noSystemd,
  "cloud-init does the same from a seed folder, and sets the host's name",
  async () => {
    const seed = cloudInit.render(RENAMED, {
      hostname: "guest-1",
    });
    const guest = await bootSystemd(RENAMED, {
      networkArgs: networkArgsWithout(RENAMED, "host_mtu"),
      files: {
        ...filesIn("/var/lib/cloud/seed/nocloud", seed),
        "/etc/cloud/cloud.cfg.d/99-renderer.cfg": JSON.stringify({
          system_info: { network: { renderers: ["netplan"] } },
        }),
      },
      units: ["cloud-init-local.service", ...NETWORKD_UNITS],
    });
    assertNetworks(guest, RENAMED);
    assertResolver(guest, RENAMED);
    assertEquals(guest.files["/proc/sys/kernel/hostname"], "guest-1\n");
  },
);
