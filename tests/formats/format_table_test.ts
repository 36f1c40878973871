import { assertEquals } from "@std/assert";
import { VmConfError } from "../../src/errors.ts";
import {
  FORMAT_FIELDS,
  FORMAT_NAMES,
  FORMAT_SUPPORT,
  type FormatField,
  loadFormat,
} from "../../src/formats/format_table.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { CASES, FULL } from "./cases.ts";

/** Where an example has a field, as a loss or an error names it. */
type Example = readonly [
  place: RegExp,
  confs?: readonly StaticNetworkConf[],
];

/** The full configuration, unless a field needs another one. */
const EXAMPLES: Readonly<Record<FormatField, Example>> = {
  ifName: [/^vmIfName$/],
  mac: [/^vmMacAddr$/],
  mtu: [/^vmMtu$/],
  ipv4: [/^vmIpConfigs\[0\]$/],
  ipv6: [
    /^vmIpConfigs/,
    change({
      vmIpConfigs: [{ address: "fd00::2/64", gateway: "fd00::1" }],
    }),
  ],
  severalAddresses: [
    /^vmIpConfigs/,
    change({
      vmIpConfigs: [{ address: "10.0.0.2/24" }, { address: "10.0.0.3/24" }],
    }),
  ],
  onLink: [/^vmRoutes\[5\]$/],
  routes: [/^vmRoutes\[[125]\]$/],
  linkRoutes: [
    /^vmRoutes\[0\]$/,
    change({
      vmIpConfigs: [{ address: "10.0.0.2/24" }],
      vmRoutes: [{ dst: "10.9.0.0/16" }],
    }),
  ],
  otherFamily: [
    /^(?:vmRoutes|vmNameservers)\[0\]$/,
    change({
      vmRoutes: [{ dst: "fd01::/48", gw: "fd00::9" }],
      vmNameservers: ["fd00::53"],
    }),
  ],
  priority: [/^vmRoutes\[2\](?:\.priority)?$/],
  routeMtu: [/^vmRoutes\[1\](?:\.mtu)?$/],
  advmss: [/^vmRoutes\[1\](?:\.advmss)?$/],
  table: [/^vmRoutes\[3\](?:\.table)?$/],
  scope: [/^vmRoutes\[4\](?:\.scope)?$/],
  nameservers: [/^vmNameservers/],
  search: [/^(?:vmDomain|vmSearchDomains)/],
  resolverOptions: [/^vmResolverOptions/],
  several: [/^confs\[1\]$/, CASES.twoNics],
};

function change(changes: Partial<StaticNetworkConf>): StaticNetworkConf[] {
  return CASES.plain.map((conf) => ({ ...conf, ...changes }));
}

for (const name of FORMAT_NAMES) {
  const { render } = await loadFormat(name);
  const listLost = (confs: readonly StaticNetworkConf[]) => {
    try {
      return render(confs).lost.map(({ field }) => field);
    } catch (error) {
      if (!(error instanceof VmConfError)) throw error;
      assertEquals(error.code, "not-representable");
      return [error.path?.replace("conf.", "") ?? ""];
    }
  };

  Deno.test(`${name} supports just what the table says`, () => {
    for (const field of Object.keys(FORMAT_FIELDS) as FormatField[]) {
      const support = FORMAT_SUPPORT[name][field];
      if (support === "part") continue;
      const [place, confs = [FULL]] = EXAMPLES[field];
      const lost = listLost(confs);
      assertEquals(
        lost.some((path) => place.test(path)),
        support === "no",
        `${field}: ${support}, lost: ${lost.join(", ")}`,
      );
    }
  });
}
