/** What formats make of hostile values and of random configurations. */
import { assert, assertEquals } from "@std/assert";
import * as fc from "../fast_check.ts";
import { VmConfError } from "../../src/errors.ts";
import type { Format, RenderedFile } from "../../src/formats/format.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { conf as anyConf } from "../fuzz/arbitraries.ts";
import { makeHostileConfs } from "./hostile.ts";

/** Each hostile value is refused with its path, or the files are harmless. */
export function assertRefusedOrHarmless(
  { render }: Format,
  isHarmless: (file: RenderedFile) => boolean,
): void {
  let refused = 0;
  for (const { field, value, conf } of makeHostileConfs()) {
    try {
      for (const file of render([conf]).files) {
        assert(isHarmless(file), `${field}: ${JSON.stringify(value)}`);
      }
    } catch (error) {
      if (!(error instanceof VmConfError)) throw error;
      assertEquals([error.code, error.path], ["invalid-conf", `conf.${field}`]);
      refused++;
    }
  }
  assert(refused > 1000, `only ${refused} were refused`);
}

/** Whether each text of a JSON document means nothing to readers behind YAML's. */
export function hasHarmlessTexts({ text }: RenderedFile): boolean {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)]
    .every(([, found]) => /^[\w.:/-]+$/.test(found ?? ""));
}

/** A random configuration is refused, or its first file passes the check. */
export function assertAnyRefusedOr(
  { render }: Format,
  check: (text: string, conf: StaticNetworkConf) => void,
): void {
  let rendered = 0;
  const run = (random: StaticNetworkConf) => {
    const conf = {
      ...random,
      tapName: "tap0",
      vmIfName: "eth0",
      vmMtu: Math.max(random.vmMtu, 1280),
      vmIpConfigs: random.vmIpConfigs.map(({ address }) => ({ address })),
      vmRoutes: random.vmRoutes.map(({ gw: _, ...route }) => route),
      vmNameservers: ["10.0.0.53"],
      vmDomain: "example.com",
      vmSearchDomains: [],
      vmResolverOptions: [],
    };
    let text;
    try {
      text = render([conf]).files[0]?.text ?? "";
    } catch (error) {
      if (!(error instanceof VmConfError)) throw error;
      return;
    }
    check(text, conf);
    rendered++;
  };
  fc.assert(fc.property(anyConf, run), { numRuns: 200 });
  assert(rendered > 50, `only ${rendered} were rendered`);
}
