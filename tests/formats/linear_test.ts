/** A guest with twice as many routes is twice the work, and not four times. */
import { assertEquals } from "@std/assert";
import { FORMAT_NAMES, loadFormat } from "../../src/formats/mod.ts";
import { VmConfError } from "../../src/errors.ts";
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { DIALECTS } from "../../src/formats/dracut_dialects.ts";
import * as dracut from "../../src/formats/dracut.ts";
import { CASES } from "./cases.ts";
import { countSteps } from "../steps.ts";

/** Enough for quadratic work to be most of all work. */
const COUNT = 250;
/** Twice, and a little for what does not depend on the number. */
const MOST_GROWTH = 2.2;

function makeMany<T>(count: number, make: (place: string, index: number) => T) {
  return Array.from(
    { length: count },
    (_, index) => make(`${index >> 8}.${index & 255}`, index),
  );
}

function makeConf(changes: Partial<StaticNetworkConf>): StaticNetworkConf {
  return { ...CASES.plain[0] as StaticNetworkConf, ...changes };
}

const GATEWAY = { address: "10.0.0.2/24", gateway: "10.0.0.1" };

/** What there may be much of, as configurations with `count` of it. */
const SHAPES: Readonly<
  Record<string, (count: number) => StaticNetworkConf[]>
> = {
  "routes": (count) => [makeConf({
    vmRoutes: makeMany(count, (place) => ({ dst: `20.${place}.0/24` })),
  })],
  "routes by gateways outside the subnet": (count) => [makeConf({
    vmRoutes: makeMany(count, (place) => ({
      dst: `20.${place}.0/24`,
      gw: `192.0.${place}`,
    })),
  })],
  "routes without gateway": (count) => [makeConf({
    vmRoutes: makeMany(
      count,
      (place) => ({ dst: `20.${place}.0/24`, scope: 253 }),
    ),
  })],
  "routes of a family without address": (count) => [makeConf({
    vmIpConfigs: makeMany(count, (place) => ({ address: `10.${place}.2/24` })),
    vmRoutes: makeMany(count, (_, index) => ({ dst: `fd00:${index}::/64` })),
  })],
  "default routes": (count) => [makeConf({
    vmRoutes: makeMany(
      count,
      (_, priority) => ({ dst: "0.0.0.0/0", priority }),
    ),
  })],
  "routes that clash": (count) => [makeConf({
    vmRoutes: makeMany(count, (place) => ({
      dst: "20.0.0.0/24",
      gw: `10.0.0.${place.replace(".", "")}`,
    })),
    vmIpConfigs: [{ address: "10.0.0.2/8", gateway: "10.0.0.1" }],
  })],
  "addresses": (count) => [makeConf({
    vmIpConfigs: makeMany(count, (place) => ({
      address: `10.${place}.2/24`,
      gateway: `10.${place}.1`,
    })),
  })],
  "addresses before the one with a gateway": (count) => [makeConf({
    vmIpConfigs: [
      ...makeMany(count, (place) => ({ address: `10.9.${place}/32` })),
      GATEWAY,
    ],
    vmRoutes: makeMany(count, (place) => ({ dst: `20.${place}.0/24` })),
  })],
  "addresses of both families": (count) => [makeConf({
    vmIpConfigs: [
      ...makeMany(count, (place) => ({ address: `10.${place}.2/24` })),
      ...makeMany(count, (_, index) => ({ address: `fd00:${index}::2/64` })),
    ],
    vmNameservers: makeMany(count, (_, index) => `fd00::${index}:1`),
  })],
  "addresses, and a route by each": (count) => [makeConf({
    vmIpConfigs: makeMany(count, (place) => ({ address: `10.${place}.2/24` })),
    vmRoutes: makeMany(count, (place) => ({
      dst: `20.${place}.0/24`,
      gw: `10.${place}.9`,
    })),
  })],
  "nameservers": (count) => [makeConf({
    vmNameservers: makeMany(count, (place) => `10.8.${place}`).slice(1),
  })],
  "nameservers on the link": (count) => [makeConf({
    vmNameservers: makeMany(count, (_, index) => `fe80::${index}:1`),
  })],
  "search domains": (count) => [makeConf({
    vmSearchDomains: makeMany(count, (place) => `d${place}.example`),
  })],
  "resolver options of two interfaces": (count) => {
    const options = (first: number) => ({
      vmResolverOptions: makeMany(
        count,
        (_, index) => `ndots:${first + index}`,
      ),
    });
    const [one = makeConf({}), two = makeConf({})] = CASES.twoNics;
    return [{ ...one, ...options(0) }, { ...two, ...options(count) }];
  },
  "interfaces": (count) =>
    makeMany(count, (place, index) =>
      makeConf({
        tapName: `tap${index}`,
        vmIfName: `net${index}`,
        vmMacAddr: `02:00:00:00:${
          [index >> 8, index & 255]
            .map((byte) => byte.toString(16).padStart(2, "0")).join(":")
        }`,
        vmIpConfigs: [{ address: `10.${place}.2/24` }],
        vmRoutes: [{ dst: `20.${place}.0/24`, gw: `10.${place}.9` }],
        vmNameservers: ["fd00::53"],
      })),
  "interfaces in namespaces of their own, with one tap's name": (count) =>
    makeMany(count, (place, index) =>
      makeConf({
        netNSPath: `/run/netns/${index}`,
        vmIfName: `net${index}`,
        vmMacAddr: undefined,
        vmIpConfigs: [{ address: `10.${place}.2/24` }],
      })),
};

type Render = (confs: StaticNetworkConf[]) => unknown;

/** Every format; `dracut` with each of its dialects. */
const RENDERERS: readonly (readonly [name: string, Render])[] = [
  ...await Promise.all(
    FORMAT_NAMES.filter((name) => name !== "dracut").map(async (name) => {
      const { render } = await loadFormat(name);
      return [name, (confs: StaticNetworkConf[]) => render(confs)] as const;
    }),
  ),
  ...Object.keys(DIALECTS).map((dialect) =>
    [
      `dracut for ${dialect}`,
      (confs: StaticNetworkConf[]) => dracut.render(confs, { dialect }),
    ] as const
  ),
  ["dracut with a long command line", (confs) => {
    const words = confs.flatMap(({ vmNameservers }) => vmNameservers)
      .map((server) => `before=${server}`);
    return dracut.render(confs, { bootArgs: words.join(" ") });
  }],
];

for (const [name, render] of RENDERERS) {
  Deno.test(`${name}: twice as much of anything is twice the work and the output`, () => {
    const tooMuch = Object.entries(SHAPES).flatMap(([shape, confsOf]) => {
      const once = measureWork(confsOf(COUNT), render);
      const twice = measureWork(confsOf(2 * COUNT), render);
      return Object.entries(twice)
        .map(([kind, found]) => [kind, found / (once[kind] ?? 0)] as const)
        .filter(([, growth]) => growth > MOST_GROWTH)
        .map(([kind, growth]) => `${shape}: ${growth.toFixed(1)} × ${kind}`);
    });
    assertEquals(tooMuch, []);
  });
}

/** What it takes to render configurations, or to refuse them. */
function measureWork(
  confs: StaticNetworkConf[],
  render: Render,
): Record<string, number> {
  const input = JSON.parse(JSON.stringify(confs));
  let output: unknown;
  const steps = countSteps(() => {
    try {
      output = render(input);
    } catch (error) {
      if (!(error instanceof VmConfError)) throw error;
      output = error.message;
    }
  });
  return { steps, characters: JSON.stringify(output).length };
}
