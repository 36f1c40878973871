import { assertEquals } from "@std/assert";
import {
  FORMAT_FIELDS,
  FORMAT_NAMES,
  FORMAT_SUPPORT,
  type FormatField,
  loadFormat,
} from "../../src/formats/registry.ts";
import { CASES, FULL } from "./cases.ts";

/** Where the full configuration has each thing, as a loss would name it. */
const PLACES: Readonly<Record<FormatField, RegExp>> = {
  ifName: /^vmIfName$/,
  mac: /^vmMacAddr$/,
  mtu: /^vmMtu$/,
  ipv4: /^vmIpConfigs\[0\]$/,
  ipv6: /^(?:vmIpConfigs\[1\]|vmRoutes\[6\])$/,
  onLink: /^vmRoutes\[5\]$/,
  routes: /^vmRoutes\[[125]\]$/,
  priority: /^vmRoutes\[2\](?:\.priority)?$/,
  routeMtu: /^vmRoutes\[1\](?:\.mtu)?$/,
  advmss: /^vmRoutes\[1\](?:\.advmss)?$/,
  table: /^vmRoutes\[3\](?:\.table)?$/,
  scope: /^vmRoutes\[4\](?:\.scope)?$/,
  nameservers: /^vmNameservers/,
  search: /^(?:vmDomain|vmSearchDomains)/,
  resolverOptions: /^vmResolverOptions/,
  several: /^confs\[1\]$/,
};

for (const name of FORMAT_NAMES) {
  const { render } = await loadFormat(name);

  Deno.test(`${name} leaves out just what the table says`, () => {
    const one = render([FULL]).lost;
    const two = render(CASES.twoNics).lost;
    const lost = [...one, ...two].map(({ field }) => field);
    for (const field of Object.keys(FORMAT_FIELDS) as FormatField[]) {
      const carriage = FORMAT_SUPPORT[name][field];
      if (carriage === "part") continue;
      assertEquals(
        lost.some((path) => PLACES[field].test(path)),
        carriage === "no",
        `${field}: ${carriage}, lost: ${lost.join(", ")}`,
      );
    }
  });
}
