/** Results of an unusual size, in every view. */
import { assert, assertEquals } from "@std/assert";
import { staticNetworkConfFrom, VmConfError } from "../../../mod.ts";
import { renderInspectionMermaid } from "../../../src/cli/inspect/mermaid.ts";
import { renderInspectionSvg } from "../../../src/cli/inspect/svg.ts";
import { renderInspectionText } from "../../../src/cli/inspect/text.ts";
import { inspectResult } from "../../../src/vmconf/inspection.ts";
import { countSteps } from "../../steps.ts";

const VIEWS: Readonly<Record<string, (text: string) => string>> = {
  text: (text) =>
    renderInspectionText(inspectResult(text), {
      width: 80,
      addColour: (_, word) => word,
    }),
  json: (text) => JSON.stringify(inspectResult(text), null, 2),
  mermaid: (text) => renderInspectionMermaid(inspectResult(text)),
  svg: (text) => renderInspectionSvg(inspectResult(text)),
  // Not a view, but it reads the same results.
  conversion: (text) => {
    try {
      return JSON.stringify(staticNetworkConfFrom(text, "vm-1", { mtu: 1500 }));
    } catch (error) {
      if (error instanceof VmConfError) return error.message;
      throw error;
    }
  },
};

function createMany<T>(
  count: number,
  make: (place: string, index: number) => T,
) {
  return Array.from(
    { length: count },
    (_, index) => make(`${index >> 8 & 255}.${index & 255}`, index),
  );
}

const PAIR = [
  { name: "tap0", sandbox: "/run/netns/a" },
  { name: "tap0", sandbox: "vm-1", mac: "02:00:00:00:00:01" },
];
const ADDRESS = { interface: 1, address: "10.0.0.2/24" };

/** Members of a result, `count` of each. */
const SHAPES: Readonly<Record<string, (count: number) => object>> = {
  "routes": (count) => ({
    routes: createMany(count, (place) => ({ dst: `20.${place}.0/24` })),
  }),
  "addresses": (count) => ({
    ips: createMany(
      count,
      (place) => ({ interface: 1, address: `10.${place}.2/24` }),
    ),
  }),
  "addresses of no interface": (count) => ({
    ips: createMany(count, (place) => ({ address: `10.${place}.2/24` })),
  }),
  "malformed addresses": (count) => ({
    ips: createMany(count, (place) => ({ interface: 1, address: place })),
  }),
  "addresses of an interface that is not there": (count) => ({
    ips: createMany(count, () => ({ ...ADDRESS, interface: 1e6 })),
  }),
  "nameservers": (count) => ({
    dns: { nameservers: createMany(count, (place) => `10.0.${place}`) },
  }),
  "search domains": (count) => ({
    dns: { search: createMany(count, (place) => `d${place}.example`) },
  }),
  "interfaces": (count) => ({
    interfaces: [
      ...PAIR,
      ...createMany(
        count,
        (place) => ({ name: place, sandbox: "/run/netns/a" }),
      ),
    ],
  }),
  "sandboxes": (count) => ({
    interfaces: [
      ...PAIR,
      ...createMany(
        count,
        (place) => ({ name: "eth0", sandbox: `/netns/${place}` }),
      ),
    ],
  }),
  "taps": (count) => ({
    interfaces: [
      ...PAIR,
      ...createMany(
        count,
        (place) => ({ name: "tap0", sandbox: `/netns/${place}` }),
      ),
    ],
  }),
  "VMs": (count) => ({
    interfaces: createMany(
      count,
      (place) => ({ name: "tap0", sandbox: place }),
    ),
  }),
  "misspelled and unknown keys": (count) =>
    Object.fromEntries(createMany(count, (place) => [`Key ${place}`, place])),
};

function createResultWith(members: object): string {
  return JSON.stringify({
    cniVersion: "1.0.0",
    interfaces: PAIR,
    ips: [ADDRESS],
    ...members,
  });
}

/** Enough for quadratic work to dominate. */
const COUNT = 400;
/** Twice, and a little more for work that does not depend on the number. */
const MOST_GROWTH = 2.2;

for (const [name, view] of Object.entries(VIEWS)) {
  Deno.test(`${name}: twice as much of anything is twice the work`, () => {
    const stepsFor = (text: string) => countSteps(() => view(text));
    const tooMuch = Object.entries(SHAPES).flatMap(([shape, membersOf]) => {
      const once = stepsFor(createResultWith(membersOf(COUNT)));
      const twice = stepsFor(createResultWith(membersOf(2 * COUNT)));
      return twice / once > MOST_GROWTH ? [[shape, twice / once]] : [];
    });
    assertEquals(tooMuch, []);
  });

  Deno.test(`${name}: 150,000 nameservers are no failure`, () => {
    const nameservers = Array<string>(150_000).fill("10.0.0.53");
    const shown = view(createResultWith({ dns: { nameservers } }));
    assert(shown.split("10.0.0.53").length > 150_000);
  });
}
