/**
 * Real Linux guests: QEMU, without KVM, on taps in a network namespace, all of
 * it in a sandbox.
 */
import * as qemu from "../../src/formats/qemu.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { denoRun, repositoryPath, run } from "../child.ts";
import { inSandbox } from "../integration/sandbox.ts";
import { type Build, builtFile } from "./builds.ts";
import { inNetns, pingsOf, setupOf } from "./host.ts";
import { type Report, reportOf } from "./report.ts";
import type { Session, SessionOutcome } from "./session.ts";

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
  /** A disk that stays as it is. */
  readonly disk?: string;
}

/** A guest that has been up, and is gone. */
export interface Guest extends Report {
  /** What came of a packet of just the MTU to each address. */
  readonly pings: SessionOutcome["answers"];
}

const TIMEOUT_MS = 120_000;

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
  const folder = await Deno.makeTempDir({ prefix: "vmconf-guest" });
  try {
    const initramfs = await makeInitramfs(folder, options);
    const { console, stderr, answers } = await runSession(confs, {
      qemu: inNetns(
        confs,
        ...["qemu-system-x86_64", ...qemuArgsOf(initramfs, options)],
        ...(options.networkArgs ?? networkArgsOf(confs, options.machine)),
      ),
      probes: pingsOf(confs),
      timeoutMs: TIMEOUT_MS,
    });
    const report = reportOf(console);
    if (report === undefined) throw new Error(`No report: ${stderr}${console}`);
    return { ...report, pings: answers };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runSession(
  confs: readonly StaticNetworkConf[],
  session: Session,
): Promise<SessionOutcome> {
  const { code, stdout, stderr } = await inSandbox(
    setupOf(confs),
    denoRun(["--allow-run"], "tests/guest/session.ts"),
    { stdin: JSON.stringify(session) },
  );
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Our own arguments of QEMU for the network. */
export function networkArgsOf(
  confs: readonly StaticNetworkConf[],
  machine: Machine = "q35",
): string[] {
  const qemuDevice = machine === "microvm"
    ? "virtio-net-device"
    : "virtio-net-pci";
  const { files } = qemu.render(confs, { qemuDevice });
  const list = files.find(({ name }) => name.endsWith(".json"));
  return JSON.parse(list?.text ?? "");
}

/** The kernel's command line. */
export function lineOf({ machine, append = "" }: GuestOptions): string {
  // On microvm the clock's frequency cannot always be measured, and then the
  // kernel waits for ever: it is told a usual one.
  const clock = machine === "microvm" ? "tsc_early_khz=2500000 " : "";
  return `console=ttyS0 quiet panic=-1 reboot=t ${clock}${append}`.trim();
}

/** QEMU's arguments for everything but the network. */
export function qemuArgsOf(initramfs: string, options: GuestOptions): string[] {
  const { kernel = "debian", machine = "q35", disk } = options;
  return [
    ...["-machine", machine, "-accel", "tcg", "-cpu", "max", "-m", "256"],
    ...["-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"],
    ...["-kernel", builtFile(kernel, "kernel"), "-initrd", initramfs],
    ...["-append", lineOf(options)],
    ...(disk === undefined
      ? []
      : ["-drive", `file=${disk},format=raw,if=virtio,snapshot=on`]),
  ];
}

/** The cached programs and modules, and behind them this guest's own files. */
export async function makeInitramfs(
  folder: string,
  { apply = ":", files = {} }: GuestOptions,
): Promise<string> {
  const root = `${folder}/root`;
  const all = {
    ...files,
    "/init": await ownScript("init.sh"),
    "/report.sh": await ownScript("report.sh"),
    "/apply": apply,
  };
  for (const [path, text] of Object.entries(all)) {
    const parent = path.slice(0, path.lastIndexOf("/"));
    await Deno.mkdir(root + parent, { recursive: true });
    await Deno.writeTextFile(root + path, text, { mode: 0o755 });
  }
  const initramfs = `${folder}/initramfs`;
  const { code, stderr } = await run([
    ...["sh", "-c"],
    '{ cat "$1"; cd "$2"; find . | cpio --quiet -o -H newc | gzip -1; } >"$3"',
    ...["sh", builtFile("debian", "initramfs"), root, initramfs],
  ]);
  if (code !== 0) throw new Error(stderr);
  return initramfs;
}

function ownScript(name: string): Promise<string> {
  return Deno.readTextFile(repositoryPath(`tests/guest/${name}`));
}
