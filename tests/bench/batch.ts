/**
 * `vmconf batch` of 20,000 results, MTUs from the kernel, from the start of the
 * process to its end: as root, or where users may make namespaces.
 */
import { vmconf } from "../child.ts";
import { inSandbox } from "../integration/sandbox.ts";

const RESULTS = 20_000;
const ROUNDS = 5;
const MOST_SECONDS = 3.2;

/** Fewer namespaces than sockets are kept, and so many that none is kept. */
const WAYS = { "kept sockets": 50, "fresh lookups": 200 } as const;

function line(vm: string): string {
  const result = {
    cniVersion: "1.0.0",
    interfaces: [
      { name: "tap0", sandbox: `/run/netns/${vm}` },
      { name: "tap0", sandbox: vm, mac: "02:00:00:00:00:01" },
    ],
    ips: [{ interface: 1, address: "10.0.0.2/24", gateway: "10.0.0.1" }],
    routes: [{ dst: "0.0.0.0/0" }],
    dns: { nameservers: ["10.0.0.1"] },
  };
  return JSON.stringify({ containerID: vm, result });
}

/** Seconds, round by round, and how many of the answers were wrong. */
async function measure(
  namespaces: number,
): Promise<{ seconds: number[]; wrong: number }> {
  const vms = Array.from({ length: namespaces }, (_, index) => `vm-${index}`);
  const setup = vms.map((vm, index) =>
    `ip netns add ${vm}
ip -n ${vm} tuntap add dev tap0 mode tap
ip -n ${vm} link set tap0 mtu ${1400 + index}`
  ).join("\n");
  const rounds = `for round in $(seq ${ROUNDS}); do
  start=$(date +%s%N)
  "$@" </run/vms.ndjson >/run/answers.ndjson
  echo $(($(date +%s%N) - start)) >>/run/times
done
cat /run/times /run/answers.ndjson`;
  const stdin = Array.from(
    { length: RESULTS },
    (_, index) => line(vms[index % namespaces] ?? ""),
  ).join("\n");
  const { code, stdout, stderr } = await inSandbox(
    `${setup}\ncat >/run/vms.ndjson`,
    ["sh", "-ec", rounds, "sh", ...vmconf(["--allow-ffi"], "batch")],
    { stdin },
  );
  if (code !== 0) throw new Error(stderr);
  const lines = stdout.trim().split("\n");
  const mtus = lines.slice(ROUNDS).map((text) => JSON.parse(text).conf?.vmMtu);
  const wrong = Array.from({ length: RESULTS }, (_, index) => index)
    .filter((index) => mtus[index] !== 1400 + index % namespaces);
  return {
    seconds: lines.slice(0, ROUNDS).map((time) => Number(time) / 1e9),
    wrong: wrong.length,
  };
}

const rows = [];
for (const [way, namespaces] of Object.entries(WAYS)) {
  const { seconds, wrong } = await measure(namespaces);
  const sorted = seconds.toSorted((a, b) => a - b);
  rows.push({
    way,
    results: RESULTS,
    namespaces,
    wrong,
    "best s": sorted[0]?.toFixed(2),
    "median s": sorted[ROUNDS >> 1]?.toFixed(2),
    "bar s": MOST_SECONDS,
  });
}
console.table(rows);
