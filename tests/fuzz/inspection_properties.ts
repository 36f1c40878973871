/** What holds for every result that is looked at, random or hostile. */
import { assert, assertEquals } from "@std/assert";
import { unicodeWidth } from "@std/cli/unicode-width";
import * as fc from "../fast_check.ts";
import { SaxesParser } from "saxes";
import { staticNetworkConfFrom, VmConfError } from "../../mod.ts";
import { renderInspectionMermaid } from "../../src/cli/inspect/mermaid.ts";
import { renderInspectionSvg } from "../../src/cli/inspect/svg.ts";
import { renderInspectionText } from "../../src/cli/inspect/text.ts";
import { inspectResult } from "../../src/vmconf/inspection.ts";
import { anyText, dns, ip, mac, middleResult, route } from "./arbitraries.ts";

const name = fc.constantFrom("tap0", "tap1", "eth0");
const sandbox = fc.constantFrom("/run/netns/a", "vm-1", "vm-2", "");

/** Results that convert now and then, for one of the ids of `sandbox`. */
const pairedResult = fc.record({
  cniVersion: fc.constantFrom("0.4.0", "1.0.0", "1.1.0", "2.0.0"),
  interfaces: fc.array(
    fc.record({ name, sandbox, mac: fc.oneof(mac, fc.constantFrom("", "zz")) }),
    { maxLength: 4 },
  ),
  ips: fc.array(
    fc.record({
      interface: fc.integer({ min: -1, max: 4 }),
      address: fc.constantFrom("10.0.0.2/24", "fd00::2/64", "10.0.0.2"),
      gateway: fc.oneof(ip, fc.constant("")),
    }),
    { maxLength: 3 },
  ),
  routes: fc.array(route, { maxLength: 2 }),
  dns,
}, { requiredKeys: ["cniVersion", "interfaces", "ips"] })
  .map((value) => JSON.stringify(value));

const anyResult = fc.oneof(
  pairedResult,
  middleResult.map((said) => JSON.stringify({ ...said, cniVersion: "1.1.0" })),
  anyText,
);

function converts(text: string, containerID: string): boolean {
  try {
    staticNetworkConfFrom(text, containerID, { mtu: 1500 });
    return true;
  } catch (error) {
    if (error instanceof VmConfError) return false;
    throw error;
  }
}

/** Every property, by what it says. */
export const INSPECTION_PROPERTIES: Readonly<
  Record<string, fc.IRawProperty<unknown>>
> = {
  "a result converts if and only if inspect says so": fc.property(
    anyResult,
    sandbox,
    (text, containerID) => {
      assertEquals(
        inspectResult(text, { containerID }).converts,
        converts(text, containerID),
      );
      const guessed = inspectResult(text);
      const all = guessed.vms.length > 0 &&
        guessed.vms.every((vm) => converts(text, vm));
      assertEquals(guessed.converts, all);
    },
  ),

  "whatever a result holds, its text has room on the terminal": fc.property(
    anyResult,
    fc.integer({ min: 20, max: 100 }),
    (text, width) => {
      const shown = renderInspectionText(inspectResult(text), {
        width,
        addColour: (_, word) => word,
      });
      for (const line of shown.split("\n")) {
        assert(unicodeWidth(line) <= width, line);
        assert(!/[\p{C}\p{M}]/u.test(line), line);
      }
    },
  ),

  "whatever a result holds, its picture is well-formed XML": fc.property(
    anyResult,
    (text) => {
      const parser = new SaxesParser();
      parser.on("error", (error) => {
        throw error;
      });
      parser.write(renderInspectionSvg(inspectResult(text))).close();
    },
  ),

  "whatever a result holds, its flowchart has closed labels": fc.property(
    anyResult,
    (text) => {
      const chart = renderInspectionMermaid(inspectResult(text));
      const rest = chart.replace(
        /"(?:[\p{L}\p{N} .,:/-]|#\d+;|<br\/>)*"/gu,
        "",
      );
      assert(/^[\w\n :#,()[\]|?>.-]+$/.test(rest), chart);
    },
  ),
};
