/**
 * The `kata` format: requests to the agent inside a Kata Containers guest.
 *
 * Source: Kata's src/libs/protocols/protos/{agent,types}.proto, and how
 * src/agent/src/netlink.rs carries them out: it finds an interface by its MAC,
 * adds routes without gateway first, all of them to the main table and without
 * metric, and skips one that is there already.
 */
import { VmConfError } from "../errors.ts";
import type { StaticNetworkConf } from "../vmconf/conf.ts";
import { companion, jsonFile } from "./files.ts";
import type { RenderResult } from "./format.ts";
import { kataRoutesOf } from "./kata_routes.ts";
import { lossesOf } from "./losses.ts";
import { type Nic, nicsOf } from "./nic.ts";

/** Renders the `kata` format. */
export function render(confs: readonly StaticNetworkConf[]): RenderResult {
  const nics = nicsOf(confs);
  const interfaces = nics.map((nic) => ({ interface: interfaceOf(nic) }));
  const { routes: Routes, lost } = kataRoutesOf(nics);
  const routes = { routes: { Routes } };
  return {
    files: [
      jsonFile("kata.json", {
        UpdateInterface: interfaces,
        UpdateRoutes: routes,
      }),
      ...interfaces.map((body) =>
        companion(
          jsonFile(`UpdateInterface/${body.interface.name}.json`, body),
        )
      ),
      companion(jsonFile("UpdateRoutes.json", routes)),
    ],
    lost: [...lossesOf("kata", nics), ...lost],
  };
}

interface KataInterface {
  readonly device: string;
  readonly name: string;
  readonly IPAddresses: readonly {
    /** `IPFamily`: v4 = 0, v6 = 1. */
    readonly family: 0 | 1;
    readonly address: string;
    /** The prefix length. */
    readonly mask: string;
  }[];
  readonly mtu: number;
  readonly hwAddr: string;
}

function interfaceOf(nic: Nic): KataInterface {
  return {
    device: nic.nameOrDefault,
    name: nic.nameOrDefault,
    IPAddresses: nic.addresses.map(({ cidr }) => ({
      family: cidr.family === 4 ? 0 : 1,
      address: cidr.text,
      mask: String(cidr.prefixLength),
    })),
    mtu: nic.mtu,
    hwAddr: nic.mac ?? noMac(nic),
  };
}

function noMac({ path }: Nic): never {
  throw new VmConfError(
    "not-representable",
    `${path}.vmMacAddr: expected a MAC, found none: Kata's agent finds an interface by its MAC`,
    {
      path: `${path}.vmMacAddr`,
      hint: "Let the CNI chain give the VM's pseudo-interface a MAC.",
    },
  );
}
