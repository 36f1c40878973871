/** Networks of Debian's plugins and ours, as in the Go plugin's results. */
import { notInstalled } from "../child.ts";
import { noPlugin } from "./scenario.ts";

/** Why chains cannot be run here, if they cannot. */
export const noChain: string | undefined = noPlugin ??
  await notInstalled("/usr/lib/cni/ptp");

const IPV4 = {
  type: "ptp",
  mtu: 1412,
  ipam: {
    type: "host-local",
    dataDir: "/run/leases",
    subnet: "10.91.1.0/24",
    routes: [{ dst: "0.0.0.0/0" }],
  },
  dns: {
    nameservers: ["10.91.1.53", "1.1.1.1"],
    domain: "vm.example",
    search: ["vm.example"],
    options: ["ndots:2"],
  },
};

const DUAL_STACK = {
  type: "ptp",
  mtu: 1500,
  ipam: {
    type: "host-local",
    dataDir: "/run/leases",
    ranges: [[{ subnet: "10.91.4.0/24" }], [{ subnet: "fd00:91:4::/64" }]],
    routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
  },
};

function writeNetworks(name: string, first: object): string {
  const plugins = [first, { type: "tc-redirect-tap" }];
  const network = { cniVersion: "1.0.0", name, plugins };
  return `echo '${JSON.stringify(network)}' >/run/${name}.conflist`;
}

/** Shell lines that write `ptp4`, `dual` and `narrow.conflist` in `/run`. */
export const NETWORKS = `
${writeNetworks("ptp4", IPV4)}
${writeNetworks("dual", DUAL_STACK)}
${writeNetworks("narrow", { ...DUAL_STACK, mtu: 1400 })}
`;
