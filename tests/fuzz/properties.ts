/** What holds for every input, random or hostile. */
import { assert, assertEquals } from "@std/assert";
import * as fc from "../fast_check.ts";
import {
  ipBootParam,
  parseResult,
  parseStaticNetworkConf,
  staticNetworkConfFrom,
  VmConfError,
} from "../../mod.ts";
import { scanJson } from "../../src/cni/json_scan.ts";
import * as json from "../../src/formats/json.ts";
import * as arbitrary from "./arbitraries.ts";
import { INSPECTION_PROPERTIES } from "./inspection_properties.ts";

/** Runs an action that may refuse its input, but fail in no other way. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof VmConfError) return undefined;
    throw error;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Every property, by what it says. */
export const PROPERTIES: Readonly<Record<string, fc.IRawProperty<unknown>>> = {
  "a result of 0.3.0 to 1.1.0 loses nothing": fc.property(
    arbitrary.middleResult,
    fc.constantFrom("0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"),
    (said, cniVersion) => {
      const text = JSON.stringify({ ...said, cniVersion });
      assertEquals<unknown>(parseResult(text), {
        ...said,
        cniVersion: "1.1.0",
      });
    },
  ),

  "a result of 0.1.0 or 0.2.0 loses nothing": fc.property(
    arbitrary.legacyResult,
    fc.constantFrom("0.1.0", "0.2.0", undefined),
    (said, cniVersion) => {
      const { ips, routes, dns } = parseResult({ ...said, cniVersion });
      const configs = [said.ip4, said.ip6].filter((config) => !!config);
      assertEquals<unknown>(
        ips.map(({ address, gateway }) => [address, gateway]),
        configs.map(({ ip, gateway }) => [ip, gateway]),
      );
      assertEquals<unknown>(routes, configs.flatMap(({ routes }) => routes));
      assertEquals<unknown>(dns, said.dns);
    },
  ),

  "a configuration that is printed and read is the same": fc.property(
    arbitrary.conf,
    (conf) => {
      const [file] = json.render([conf]).files;
      assertEquals(parseStaticNetworkConf(file?.text), conf);
    },
  ),

  "ip= splits into the fields that it was made of": fc.property(
    arbitrary.bootableConf,
    (conf) => {
      const value = ipBootParam(conf);
      const [config] = conf.vmIpConfigs;
      const [
        client,
        server,
        gateway,
        mask,
        host,
        device,
        auto,
        ...nameservers
      ] = value.split(":");
      assertEquals(client, config?.address.split("/")[0]);
      assertEquals([server, host, auto], ["", "", "off"]);
      const ones = (mask ?? "").split(".").map((byte) =>
        Number(byte).toString(2).padStart(8, "0")
      ).join("").replace(/0*$/, "");
      assertEquals(ones, "1".repeat(Number(config?.address.split("/")[1])));
      assertEquals(gateway, config?.gateway ?? "");
      assertEquals(device, conf.vmIfName ?? "");
      assertEquals(
        nameservers,
        conf.vmNameservers.filter((text) => text.includes(".")).slice(0, 2),
      );
    },
  ),

  "whatever ip= accepts is one harmless word": fc.property(
    fc.oneof(arbitrary.conf, arbitrary.bootableConf),
    (conf) => {
      const value = attempt(() => ipBootParam(conf));
      if (value === undefined) return;
      assert(/^[\w.@+:-]+$/.test(value), value);
      assert((value.match(/:/g)?.length ?? 0) <= 8, value);
      assert(!value.endsWith(":"), value);
    },
  ),

  "any text gives a configuration or a VmConfError, and nothing else": fc
    .property(
      arbitrary.anyText,
      fc.string({ maxLength: 3 }),
      (text, containerID) => {
        attempt(() => staticNetworkConfFrom(text, containerID, { mtu: 1500 }));
        attempt(() => parseStaticNetworkConf(text));
      },
    ),

  "any value gives a result or a VmConfError, and nothing else": fc.property(
    fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true }),
    (value) => {
      attempt(() => parseResult(value));
    },
  ),

  "the scan finds a fault just where JSON.parse does": fc.property(
    arbitrary.anyText,
    (text) => assertEquals(scanJson(text) === undefined, parses(text)),
  ),

  ...INSPECTION_PROPERTIES,
};
