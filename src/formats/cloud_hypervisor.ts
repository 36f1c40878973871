/**
 * The `cloud-hypervisor` format: arguments for `--net`, and the same for its API.
 *
 * Source: Cloud Hypervisor's vmm/src/vm_config/net.rs, option_parser/src/lib.rs
 * and vmm/src/api/openapi/cloud-hypervisor.yaml. Its `ip` and `mask` configure the
 * host's side of a tap that it creates, so they are left out. Several interfaces
 * follow one `--net`; all versions accept this except 29 to 33.
 */
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { makeArgumentFiles, makeCompanion, makeJsonFile } from "./files.ts";
import type { Loss, RenderResult } from "./format.ts";
import { findLosses, makeLosses } from "./losses.ts";
import type { Nic } from "./nic.ts";
import { checkText } from "./values.ts";
import { parseVmmNics } from "./vmm.ts";

/** MIN_MTU of virtio-devices/src/net.rs. */
const LEAST_MTU = 1280;

/** Renders the `cloud-hypervisor` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = parseVmmNics(confs);
  const nets = nics.map(describeNet);
  return {
    files: [
      ...makeArgumentFiles("cloud-hypervisor", [
        "--net",
        ...nets.map(writeWord),
      ]),
      makeCompanion(makeJsonFile("cloud-hypervisor.json", { net: nets })),
    ],
    lost: [
      ...findLosses("cloud-hypervisor", nics),
      ...nics.flatMap(findMtuLosses),
    ],
  };
}

/** The members of `NetConfig` that the network needs. */
interface Net {
  readonly id: string;
  readonly tap: string;
  readonly mac?: string;
  readonly mtu?: number;
}

/** Its parser removes quotes, and counts brackets even in quotes. */
const TAP = /^[^"[\]]+$/;

function describeNet({ conf, path, index, mac, mtu }: Nic): Net {
  const tap = checkText(
    conf.tapName,
    `${path}.tapName`,
    TAP,
    "a tap's name without double quotes and brackets",
    "cloud-hypervisor",
  );
  return {
    id: `net${index}`,
    tap,
    ...(mac && { mac }),
    ...(mtu >= LEAST_MTU && { mtu }),
  };
}

/** In double quotes a comma does not end the value. */
function writeWord(net: Net): string {
  return Object.entries(net).map(([key, value]: [string, string | number]) =>
    `${key}=${String(value).includes(",") ? `"${value}"` : value}`
  ).join(",");
}

function findMtuLosses(nic: Nic): Loss[] {
  return nic.mtu >= LEAST_MTU ? [] : makeLosses(
    nic,
    ["mtu"],
    `Cloud Hypervisor refuses an MTU below ${LEAST_MTU}`,
  );
}
