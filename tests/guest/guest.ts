/**
 * Real Linux guests: QEMU, without KVM, on taps in a network namespace, all of
 * it in a sandbox.
 */
import { FORMATS } from "../../src/formats/registry.ts";
import { shellWord } from "../../src/formats/shell_words.ts";
import { hostBitsIn, parseCidr, parseIp } from "../../src/ip/address.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { denoRun, repositoryPath, run } from "../child.ts";
import { inSandbox, isRoot, noSandbox } from "../integration/sandbox.ts";
import { type Report, reportOf } from "./report.ts";
import type { Session, SessionOutcome } from "./session.ts";

/** Where `build.sh` puts what it makes. */
const CACHE = Deno.env.get("VMCONF_GUEST") ?? "/var/cache/vmconf-guest";

/** What `build.sh` can make. */
export type Build = "debian" | "kernel" | "root";

/** Makes what guests boot from; why it cannot be made here, if it cannot. */
export async function build(...names: Build[]): Promise<string | undefined> {
  if (!isRoot) return "only root can make what guests boot from";
  if (noSandbox !== undefined) return noSandbox;
  try {
    await run(["qemu-system-x86_64", "--version"]);
    const script = repositoryPath("tests/guest/build.sh");
    const { code, stderr } = await run([script, ...names]);
    return code === 0 ? undefined : stderr.trim();
  } catch (error) {
    return String(error);
  }
}

/** A machine of QEMU's. */
export type Machine = "q35" | "microvm";

/** How a guest is started. */
export interface GuestOptions {
  /** QEMU's arguments for the network; unset: our own. */
  readonly networkArgs?: readonly string[];
  /** Kernel parameters. */
  readonly append?: string;
  /** The shell commands of the guest that bring its network up. */
  readonly apply?: string;
  /** Files of the guest, by their paths. */
  readonly files?: Readonly<Record<string, string>>;
  /** The kernel; unset: Debian's. */
  readonly kernel?: Build;
  /** QEMU's machine; unset: `q35`. */
  readonly machine?: Machine;
  /** More arguments of QEMU. */
  readonly qemuArgs?: readonly string[];
}

/** A guest that has been up, and is gone. */
export interface Guest extends Report {
  /** Whether each address answered to a packet of just the MTU, unfragmented. */
  readonly pings: Readonly<Record<string, string>>;
  readonly bootMs: number;
}

const TIMEOUT_MS = 60_000;

/**
 * Boots a guest on taps of these configurations and asks both sides.
 *
 * @param confs The configuration of each network interface, in one namespace.
 * @param options How it is started.
 * @returns What the guest told, and how it answered.
 */
export async function boot(
  confs: readonly StaticNetworkConf[],
  options: GuestOptions = {},
): Promise<Guest> {
  const netns = netnsOf(confs);
  const folder = await Deno.makeTempDir({ prefix: "vmconf-guest" });
  try {
    const initramfs = await makeInitramfs(folder, options);
    const targets = confs.flatMap(pingTargetsOf);
    const session: Session = {
      qemu: [
        ...["ip", "netns", "exec", netns, "qemu-system-x86_64"],
        ...qemuArgsOf(initramfs, options),
        ...(options.networkArgs ?? networkArgsOf(confs, options.machine)),
      ],
      probes: targets.map(({ address, size }) => [
        ...["ip", "netns", "exec", netns],
        ...["ping", "-c", "1", "-w", "5", "-M", "do", "-s", `${size}`],
        address,
      ]),
      timeoutMs: TIMEOUT_MS,
    };
    const { code, stdout, stderr } = await inSandbox(
      setupOf(confs),
      denoRun(["--allow-run"], "tests/guest/session.ts"),
      { stdin: JSON.stringify(session) },
    );
    if (code !== 0) throw new Error(stderr);
    const outcome: SessionOutcome = JSON.parse(stdout);
    const report = reportOf(outcome.console);
    if (report === undefined) {
      throw new Error(`No report: ${outcome.stderr}${outcome.console}`);
    }
    const pings = targets.map(({ address }, index) => {
      const { code, text } = outcome.probes[index] ?? { code: 1, text: "" };
      return [address, code === 0 ? "answered" : text];
    });
    return {
      ...report,
      pings: Object.fromEntries(pings),
      bootMs: outcome.bootMs,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Our own arguments of QEMU for the network. */
export function networkArgsOf(
  confs: readonly StaticNetworkConf[],
  machine: Machine = "q35",
): string[] {
  const qemuDevice = machine === "microvm"
    ? "virtio-net-device"
    : "virtio-net-pci";
  const { files } = FORMATS.qemu.render(confs, { qemuDevice });
  const list = files.find(({ name }) => name.endsWith(".json"));
  return JSON.parse(list?.text ?? "");
}

/** The kernel's command line. */
export function lineOf({ machine, append = "" }: GuestOptions): string {
  // On microvm the clock's frequency cannot always be measured, and the kernel
  // waits for ever: it is told a usual one.
  const clock = machine === "microvm" ? "tsc_early_khz=2500000 " : "";
  return `console=ttyS0 quiet panic=-1 reboot=t ${clock}${append}`.trim();
}

function qemuArgsOf(initramfs: string, options: GuestOptions): string[] {
  const { kernel = "debian", machine = "q35" } = options;
  return [
    ...["-machine", machine, "-accel", "tcg", "-cpu", "max", "-m", "256"],
    ...["-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"],
    ...["-kernel", `${CACHE}/${kernel}/kernel`, "-initrd", initramfs],
    ...["-append", lineOf(options)],
    ...(options.qemuArgs ?? []),
  ];
}

/** Programs and modules of the cached initramfs, and behind them this guest's own files. */
async function makeInitramfs(
  folder: string,
  { apply = ":", files = {} }: GuestOptions,
): Promise<string> {
  const root = `${folder}/root`;
  const script = (name: string) =>
    Deno.readTextFileSync(repositoryPath(`tests/guest/${name}`));
  const all = {
    ...files,
    "/init": script("init.sh"),
    "/report.sh": script("report.sh"),
    "/apply": apply,
  };
  for (const [path, text] of Object.entries(all)) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    await Deno.mkdir(root + folder, { recursive: true });
    await Deno.writeTextFile(root + path, text, { mode: 0o755 });
  }
  const initramfs = `${folder}/initramfs`;
  const { code, stderr } = await run([
    ...["sh", "-c"],
    '{ cat "$1"; cd "$2"; find . | cpio --quiet -o -H newc | gzip -1; } >"$3"',
    ...["sh", `${CACHE}/debian/initramfs`, root, initramfs],
  ]);
  if (code !== 0) throw new Error(stderr);
  return initramfs;
}

function netnsOf(confs: readonly StaticNetworkConf[]): string {
  return confs[0]?.netNSPath.split("/").at(-1) ?? "";
}

/** The host's side: the namespace, and each tap with the address of the gateway. */
function setupOf(confs: readonly StaticNetworkConf[]): string {
  const netns = shellWord(netnsOf(confs));
  const ip = `ip -n ${netns}`;
  const taps = confs.flatMap(({ tapName, vmMtu, vmIpConfigs }) => {
    const tap = shellWord(tapName);
    return [
      `${ip} tuntap add dev ${tap} mode tap`,
      `${ip} link set dev ${tap} mtu ${vmMtu} up`,
      ...vmIpConfigs.flatMap((config) => {
        const { gateway = "" } = config;
        const guest = parseCidr(config.address);
        const host = parseIp(gateway);
        if (guest === undefined || host === undefined) return [];
        const nodad = host.family === 6 ? " nodad" : "";
        return hostBitsIn(guest, host) === undefined
          ? [
            `${ip} address add ${gateway} dev ${tap}${nodad}`,
            `${ip} route add ${guest.text} dev ${tap}`,
          ]
          : [
            `${ip} address add ${gateway}/${guest.prefixLength} dev ${tap}${nodad}`,
          ];
      }),
    ];
  });
  return [`ip netns add ${netns}`, ...taps].join("\n");
}

/** The headers of IP and of ICMP's echo. */
const HEADER_BYTES = { 4: 28, 6: 48 };

function pingTargetsOf({ vmMtu, vmIpConfigs }: StaticNetworkConf) {
  return vmIpConfigs.flatMap(({ address }) => {
    const cidr = parseCidr(address);
    return cidr === undefined
      ? []
      : [{ address: cidr.text, size: vmMtu - HEADER_BYTES[cidr.family] }];
  });
}
