/**
 * The whole way of a network, in a sandbox: from a conflist of Debian's plugins
 * and our own, by `vmconf add`, to guests that reach the host and each other,
 * and by `vmconf del` back to nothing. Reads a Journey from standard input, and
 * prints an Arrival; what is done is told on standard error.
 */
import * as ipBatch from "../../src/formats/ip_batch.ts";
import { quoteShellWord } from "../../src/formats/shell_words.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { vmconf } from "../child.ts";
import { makeInitramfs, networkArgsOf, qemuArgsOf } from "./guest.ts";
import { inNetns } from "./host.ts";
import { type Report, reportOf } from "./report.ts";
import { runSession } from "./session.ts";
import {
  FOLDER_FLAGS,
  makeNetwork,
  networkState,
  shell,
} from "./vms_network.ts";

/** Where it goes. */
export interface Journey {
  /** The plugin that makes the link to the host: `ptp` or `bridge`. */
  readonly main: Readonly<Record<string, unknown>>;
  /** The ids of the VMs. */
  readonly vms: readonly string[];
}

/** A VM that was there. */
export interface Traveller {
  readonly conf: StaticNetworkConf;
  readonly report: Report;
  /** What came of a packet of just the MTU from the host to each address. */
  readonly pings: Readonly<Record<string, string>>;
}

/** What came of it. */
export interface Arrival {
  readonly vms: readonly Traveller[];
  /** Links, namespaces, leases, records and rules, before and after. */
  readonly before: string;
  readonly after: string;
}

function tell(line: string): void {
  console.error(line);
}

function command(...args: string[]): string {
  tell(`$ vmconf ${args.map(quoteShellWord).join(" ")}`);
  const all = [...args, ...FOLDER_FLAGS];
  return shell(vmconf(["-A"], ...all).map(quoteShellWord).join(" "));
}

function hostOf(address: string): string {
  return address.split("/", 1)[0] ?? "";
}

/** IP's headers and ICMP's. */
function pingOf(address: string, mtu: number): string[] {
  const size = mtu - (address.includes(":") ? 48 : 28);
  return ["ping", "-c1", "-w9", "-Mdo", `-s${size}`, hostOf(address)];
}

/** A guest ends when all of them are up, so that they can reach each other. */
const MEETING = `touch /run/up-$1; shift
for attempt in $(seq 600); do
  missing=; for vm; do [ -e /run/up-$vm ] || missing=1; done
  [ "$missing" ] || exit 0
  sleep 0.1
done; exit 1`;

async function visit(
  vm: string,
  confs: ReadonlyMap<string, StaticNetworkConf>,
  folder: string,
): Promise<Traveller> {
  const conf = confs.get(vm);
  if (conf === undefined) throw new Error(vm);
  const gateways = conf.vmIpConfigs.map(({ gateway = "" }) => gateway);
  const others = [...confs.values()].filter((other) => other !== conf)
    .flatMap(({ vmIpConfigs }) =>
      vmIpConfigs.map(({ address }) => hostOf(address))
    );
  const options = {
    files: {
      "/net.batch": ipBatch.render([conf]).files[0]?.text ?? "",
    },
    apply: `ip -batch /net.batch &&
for host in ${[...gateways, ...others].join(" ")}; do
  for attempt in $(seq 60); do
    ping -c 1 -W 1 $host >/dev/null 2>&1 && { echo "reached $host"; continue 2; }
  done
  echo "not reached $host"
done`,
  };
  const initramfs = await makeInitramfs(`${folder}/${vm}`, options);
  tell(`$ qemu-system-x86_64 ${networkArgsOf([conf]).join(" ")} …`);
  const { console, stderr, answers } = await runSession({
    qemu: inNetns(
      [conf],
      "qemu-system-x86_64",
      ...qemuArgsOf(initramfs, options),
      ...networkArgsOf([conf]),
    ),
    probes: {
      ...Object.fromEntries(
        conf.vmIpConfigs.map(({ address }) => [
          hostOf(address),
          pingOf(address, conf.vmMtu),
        ]),
      ),
      meeting: ["sh", "-c", MEETING, "sh", vm, ...confs.keys()],
    },
    timeoutMs: 120_000,
  });
  const report = reportOf(console);
  if (report === undefined) throw new Error(`No report: ${stderr}${console}`);
  tell(`${vm} says: ${report.applied.trim().replaceAll("\n", ", ")}`);
  const { meeting: _, ...pings } = answers;
  tell(`The host says: ${JSON.stringify(pings)}`);
  return { conf, report, pings };
}

async function travel(journey: Journey): Promise<Arrival> {
  const text = makeNetwork(journey.main);
  tell(`$ cat /run/net.d/vms.conflist\n${text}`);
  const before = networkState();
  const confs = new Map(journey.vms.map((vm) => {
    const args = ["add", "vms", "--id", vm, "--vm-if-name", "eth0"];
    const text = command(...args);
    tell(text);
    return [vm, JSON.parse(text)];
  }));
  const folder = await Deno.makeTempDir();
  let vms: Traveller[];
  try {
    vms = await Promise.all(
      journey.vms.map((vm) => visit(vm, confs, folder)),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  for (const vm of journey.vms) command("del", "--id", vm);
  const after = networkState();
  if (after === before) tell("Nothing is left: all is as it was before.");
  return { vms, before, after };
}

const journey: Journey = await new Response(Deno.stdin.readable).json();
console.log(JSON.stringify(await travel(journey)));
