/**
 * What exists beside the container that a fault affects: in a sandbox, a neighbour
 * that vmconf added, and what other runtimes and people made.
 */
import { attach } from "../../src/chain/attach.ts";
import { type Context, createContext } from "../../src/chain/context.ts";
import type { System } from "../../src/chain/system.ts";
import { loadLibnl } from "../../src/linux/library.ts";
import { listLinksAt } from "../../src/linux/links.ts";
import { PLUGINS } from "./place.ts";

const CACHE = "/run/cni";
const IPAM = "/run/ipam";
const POOL = "/run/pool";

/** The context of operations in this sandbox. */
export function createFaultContext(
  system?: System,
  onEvent: Context["onEvent"] = () => {},
): Context {
  return createContext({
    confDirs: ["/run/net.d"],
    binDirs: ["/run/bin"],
    cacheDir: CACHE,
    timeoutMs: 10_000,
    onEvent,
  }, system);
}

const buildPtp = (subnet: string) => ({
  type: "ptp",
  ipam: { type: "host-local", dataDir: IPAM, ranges: [[{ subnet }]] },
});

const NETWORKS = [
  // Several versions, so that the plugins are asked.
  {
    name: "one",
    cniVersions: ["0.4.0", "1.0.0"],
    plugins: [buildPtp("10.81.0.0/24")],
  },
  { name: "two", cniVersion: "1.0.0", plugins: [buildPtp("10.82.0.0/24")] },
  {
    name: "three",
    cniVersion: "1.0.0",
    plugins: [buildPtp("10.84.0.0/24")],
  },
  // Its second plugin refuses ADD.
  {
    name: "refusing",
    cniVersion: "1.0.0",
    plugins: [buildPtp("10.83.0.0/24"), { type: "refuse" }],
  },
  // Its plugin keeps leases and supports GC.
  { name: "pool", cniVersion: "1.1.0", plugins: [{ type: "pool" }] },
];

const REFUSE = `#!/bin/sh
[ "$CNI_COMMAND" = ADD ] || exit 0
echo '{"code": 100, "msg": "no"}'
exit 1
`;

const POOL_PLUGIN = `#!/bin/sh
lease="${POOL}/$CNI_CONTAINERID:$CNI_IFNAME"
case $CNI_COMMAND in
ADD) : > "$lease"; echo '{"cniVersion":"1.1.0","interfaces":[],"ips":[]}' ;;
DEL) rm -f "$lease" ;;
GC)
  read -r stdin
  case $stdin in *'"cni.dev/valid-attachments"'*'}') ;; *) exit 1 ;; esac
  for lease in ${POOL}/*; do
    id=\${lease##*/}; id=\${id%:*}
    case $stdin in *"\\"containerID\\":\\"$id\\""*) ;; *) rm "$lease" ;; esac
  done
  ;;
esac
`;

/** Namespaces that are there, by the process that makes their state readable. */
const watchers = new Map<string, number>();

/** The state of the sandbox: what exists, and its content. */
export type State = ReadonlyMap<string, string>;

/** Sets up the sandbox. */
export async function setUp(): Promise<State> {
  for (const folder of ["/run/net.d", "/run/bin", POOL]) Deno.mkdirSync(folder);
  // host-local never removes them.
  for (const { name } of NETWORKS) {
    Deno.mkdirSync(`${IPAM}/${name}`, { recursive: true });
  }
  for (const network of NETWORKS) {
    const path = `/run/net.d/${network.name}.conflist`;
    Deno.writeTextFileSync(path, JSON.stringify(network));
  }
  for (const plugin of ["ptp", "host-local"]) {
    Deno.symlinkSync(`${PLUGINS}/${plugin}`, `/run/bin/${plugin}`);
  }
  Deno.writeTextFileSync("/run/bin/refuse", REFUSE, { mode: 0o755 });
  Deno.writeTextFileSync("/run/bin/pool", POOL_PLUGIN, { mode: 0o755 });

  const context = createFaultContext();
  // Added by vmconf: one in a namespace of its own, one in a namespace that others
  // share.
  const neighbour = { containerID: "neighbour", networks: ["one", "pool"] };
  await attach(context, neighbour);
  for (const name of ["shared", "pod", "foreign"]) {
    await ip("netns", "add", name);
  }
  await attach(context, {
    containerID: "lodger",
    networks: ["one"],
    netNSPath: "shared",
  });
  // Another runtime's: a record without our member, in its namespace.
  await attach(context, {
    containerID: "pod",
    networks: ["two"],
    netNSPath: "pod",
  });
  const record = `${CACHE}/results/two-pod-eth0`;
  const { vmconf: _, ...libcni } = JSON.parse(Deno.readTextFileSync(record));
  Deno.writeTextFileSync(record, JSON.stringify(libcni));
  // firecracker-go-sdk's, in a cache of its own.
  const other = `${CACHE}/fc-1/results`;
  Deno.mkdirSync(other, { recursive: true });
  const fc = {
    ...libcni,
    containerId: "fc-1",
    networkName: "pool",
    netns: "/run/netns/fc-1",
  };
  Deno.writeTextFileSync(`${other}/pool-fc-1-eth0`, JSON.stringify(fc));
  Deno.writeTextFileSync(`${POOL}/fc-1:eth0`, "");
  // What people made.
  await ip("-n", "foreign", "tuntap", "add", "dev", "eth0", "mode", "tap");
  Deno.writeTextFileSync("/run/netns/file", "mine\n");
  Deno.writeTextFileSync(`${IPAM}/one/10.81.0.77`, "stranger\r\neth0");

  for (const name of ["vmconf-neighbour", "shared", "pod", "foreign"]) {
    watchers.set(name, watch(name));
  }
  // Devices get their carrier a moment later.
  await pause(500);
  return look();
}

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Its `/proc/PID/net` shows the namespace; it ends with the sandbox. */
function watch(name: string): number {
  const child = new Deno.Command("nsenter", {
    args: [`--net=/run/netns/${name}`, "sleep", "infinity"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  child.unref();
  return child.pid;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What changes at every use, or may be missing. */
const PASSING =
  /^\/run\/ipam\/\w+\/(last_reserved_ip\..*|lock)$|^\/run\/cni\/vmconf\/versions$|^\/run\/cni\/vmconf\/locks\/versions$/;

/** What the next operation removes, and what does not disturb. */
export const HARMLESS = /^file \/run\/cni\/vmconf\/(locks|unfinished)\//;

/** Reads the state. */
export function look(): State {
  const state = new Map<string, string>();
  for (const folder of [CACHE, IPAM, POOL, "/run/netns", "/run/net.d"]) {
    lookAtFiles(folder, state);
  }
  for (const line of readText("/proc/self/mountinfo").trim().split("\n")) {
    const [id, , , , point] = line.split(" ");
    state.set(`mount ${point} ${id}`, line);
  }
  lookAtNetwork("host", "/proc/thread-self", state);
  for (const [name, pid] of watchers) {
    lookAtNetwork(name, `/proc/${pid}`, state);
  }
  return state;
}

function lookAtFiles(folder: string, state: Map<string, string>): void {
  for (const { name } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (PASSING.test(path)) continue;
    const { isDirectory, dev, ino, mode, uid, size } = Deno.lstatSync(path);
    const content = isDirectory || size === 0 ? "" : readText(path);
    const length = isDirectory ? 0 : size;
    state.set(
      `file ${path}`,
      [dev, ino, mode?.toString(8), uid, length, content].join(" "),
    );
    if (isDirectory) lookAtFiles(path, state);
  }
}

function lookAtNetwork(
  name: string,
  process: string,
  state: Map<string, string>,
): void {
  const netns = `${process}/ns/net`;
  for (const device of listLinksAt(loadLibnl("test"), netns, "test")) {
    state.set(`device ${name} ${device.name}`, JSON.stringify(device));
  }
  const routes = readText(`${process}/net/route`).trim().split("\n").slice(1);
  for (const route of routes) state.set(`route ${name} ${route.trim()}`, "");
}

const buffer = new Uint8Array(2 ** 16);

/** In one read: `/proc` may change between two. */
function readText(path: string): string {
  using file = Deno.openSync(path);
  const length = file.readSync(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, length));
}

/** What has changed or is gone. */
export function listChanges(before: State, after: State): string[] {
  return [...before].filter(([key, value]) => after.get(key) !== value)
    .map(([key, value]) =>
      after.has(key)
        ? `${key}: was ${value}, is ${after.get(key)}`
        : `${key}: is gone`
    );
}

/** What is new. */
export function listAdditions(before: State, after: State): string[] {
  return [...after.keys()].filter((key) => !before.has(key));
}

const PATIENCE_MS = 500;

/** The kernel ends a namespace's devices a moment after its last user. */
export async function waitUntilSettled(
  find: () => string[] | Promise<string[]>,
): Promise<string[]> {
  const end = performance.now() + PATIENCE_MS;
  while (true) {
    const faults = await find();
    if (faults.length === 0 || performance.now() > end) return faults;
    await pause(20);
  }
}
