/** The real cloud-init: what its renderers make of a network configuration. */
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { type GivenFile, runInConsumers } from "./consumers.ts";
import { generateIn } from "./netplan.ts";
import { type Networkd, NO_DAD, runNetworkd } from "./networkd.ts";

type Renderer = "netplan" | "networkd" | "eni" | "network-manager";

function convert(
  renderer: Renderer,
  confs: readonly StaticNetworkConf[],
): string {
  const macs = confs.map(({ vmIfName, vmMacAddr }) =>
    `--mac ${vmIfName},${vmMacAddr}`
  ).join(" ");
  return `cloud-init devel net-convert --network-data network-config --kind yaml \\
  --directory out --distro debian --output-kind ${renderer} ${macs} >/tmp/convert 2>&1 ||
  { cat /tmp/convert >&2; exit 1; }`;
}

/** Lets cloud-init render for netplan or networkd, and starts networkd with it. */
export function runCloudInit(
  renderer: "netplan" | "networkd",
  files: readonly GivenFile[],
  confs: readonly StaticNetworkConf[],
): Promise<Networkd> {
  return runNetworkd(
    files,
    confs,
    `${convert(renderer, confs)}
${TO_UNITS[renderer]}
${NO_DAD}`,
  );
}

const TO_UNITS = {
  netplan: generateIn("out"),
  // This renderer forgets accept-ra: networkd would wait for an advertisement.
  networkd: `sed -i 's/^DHCP=no$/&\\nIPv6AcceptRA=no/' \
  out/etc/systemd/network/*.network`,
} as const;

/** Lets cloud-init render for another reader, and returns the lines of its files. */
export async function readCloudInitLines(
  renderer: Exclude<Renderer, "netplan">,
  files: readonly GivenFile[],
  confs: readonly StaticNetworkConf[],
): Promise<string[]> {
  const { code, stdout, stderr } = await runInConsumers(
    files,
    `${convert(renderer, confs)}
find out -name '50-cloud-init' -o -name '*.nmconnection' -o -name '*.network' | sort | xargs cat`,
  );
  if (code !== 0) throw new Error(stderr);
  return stdout.split("\n").map((line) => line.trim());
}

/** What cloud-init finds in a seed folder. */
export interface Seed {
  readonly found: boolean;
  readonly instanceId: string;
  readonly hostname: string;
  readonly userData: string;
  readonly network: unknown;
}

/** Its own data source, as it runs at boot. */
const FIND = `
import json
from cloudinit import helpers
from cloudinit.sources.DataSourceNoCloud import DataSourceNoCloud as Source
source = Source({}, None, helpers.Paths({"cloud_dir": "/tmp", "run_dir": "/run"}))
print(json.dumps({
  "found": source.get_data(),
  "instanceId": source.get_instance_id(),
  "hostname": source.metadata.get("local-hostname", ""),
  "userData": source.userdata_raw.decode(),
  "network": source.network_config,
}))`;

/** Lets cloud-init find files as the seed of a virtual machine. */
export async function readSeed(files: readonly GivenFile[]): Promise<Seed> {
  const { code, stdout, stderr } = await runInConsumers(
    [...files, { name: "find.py", text: FIND }],
    `mkdir -p /tmp/seed
cp -r . /tmp/seed/nocloud
python3 find.py`,
  );
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}
